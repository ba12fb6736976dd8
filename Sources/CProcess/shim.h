// What Glibc's module leaves out for Swift: variadic calls and headers that it does not list.
#ifndef MUSTER_CPROCESS_H
#define MUSTER_CPROCESS_H

#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// Declared here, not by _GNU_SOURCE: that would give fd_set another shape than it has in Swift's own Glibc module.
int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags);
int fallocate(int file, int mode, off_t offset, off_t length);
int execvpe(const char *file, char *const arguments[], char *const environment[]);
int memfd_create(const char *name, unsigned int flags);
int pipe2(int ends[2], int flags);

// Orphans among the descendants of the caller become its children. 0, or -1 and errno.
static inline int cprocess_become_subreaper(void) {
    return prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
}

// A descriptor that becomes readable when one of the signals is pending (close-on-exec, non-blocking), or -1 and errno.
static inline int cprocess_signalfd(const sigset_t *signals) {
    return signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

// The process that waitid(2) found: a macro that Swift does not see.
static inline pid_t cprocess_pid(const siginfo_t *info) {
    return info->si_pid;
}

// The next connection (close-on-exec, non-blocking), or -1 and errno.
static inline int cprocess_accept(int listener) {
    return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

// Closes every descriptor from `first` on. 0, or -1 and errno (ENOSYS before Linux 5.9).
static inline int cprocess_close_from(unsigned int first) {
    return (int)syscall(SYS_close_range, first, ~0U, 0U);
}

// Takes space on the disk without making the file longer (FALLOC_FL_KEEP_SIZE, fallocate(2)). 0, or -1 and errno.
static inline int cprocess_reserve(int file, off_t offset, off_t length) {
    return fallocate(file, 1, offset, length);
}

#endif
