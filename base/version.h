#pragma once
/* The version all programs of the house carry. */
#define LOTSE_VERSION "0.1.0"
