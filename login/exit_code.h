#pragma once
/* The exit codes, one row each in exit_code.tbl.h. */
enum exit_code {
#define X(name, number, text) EXIT_##name = (number),
#include "login/exit_code.tbl.h"
#undef X
};
