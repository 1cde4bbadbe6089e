#include "gateway/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "base/mem.h"

void notify_supervisor(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    char text[96];
    struct timespec now;
    if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof(to.sun_path))
        return;
    memcpy(to.sun_path, path, strlen(path));
    if (path[0] == '@') /* unix(7): the abstract namespace */
        to.sun_path[0] = 0;
    auto_fd fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    clock_gettime(CLOCK_MONOTONIC, &now); /* Type=notify-reload wants it beside RELOADING=1 */
    int n = snprintf(text, sizeof(text), "%s\nMONOTONIC_USEC=%lld%06ld\n", state,
                     (long long)now.tv_sec, now.tv_nsec / 1000);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    (void)!sendto(fd, text, (size_t)n, MSG_NOSIGNAL, (const struct sockaddr *)&to, size);
}
