#pragma once
/* Tells the service manager what we are doing (sd_notify(3)), where there is one. Main thread. */
void notify_supervisor(const char *state);
