// What Glibc's module leaves out for Swift: variadic calls and headers that it does not list.
#ifndef MUSTER_CPROCESS_H
#define MUSTER_CPROCESS_H

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
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

// Becomes another user for good: real, effective and saved ids. 0, or -1 and errno. By system calls, since the library's
// functions would ask threads that a fresh fork does not have.
static inline int cprocess_become(uid_t user, gid_t group, const gid_t *groups, size_t count) {
    if (syscall(SYS_setgroups, count, groups) != 0) return -1;
    if (syscall(SYS_setresgid, group, group, group) != 0) return -1;
    return (int)syscall(SYS_setresuid, user, user, user);
}

// No program that the caller executes gets more rights than the caller has (no_new_privs), and no capability is handed on
// to it (ambient set, capabilities(7)). 0, or -1 and errno.
static inline int cprocess_give_up_privileges(void) {
    if (prctl(PR_CAP_AMBIENT, (unsigned long)PR_CAP_AMBIENT_CLEAR_ALL, 0UL, 0UL, 0UL) != 0 && errno != EINVAL) return -1;
    return prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL);
}

// Leaves every network for an empty one (CLONE_NEWNET, unshare(2)), within a user namespace of its own (CLONE_NEWUSER) or
// without. 0, or -1 and errno.
static inline int cprocess_leave_network(int with_user_namespace) {
    return (int)syscall(SYS_unshare, 0x40000000UL | (with_user_namespace ? 0x10000000UL : 0UL));
}

// The caller is killed when the thread that started it ends (PR_SET_PDEATHSIG). 0, or -1 and errno.
static inline int cprocess_end_with_parent(void) {
    return prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL, 0UL, 0UL, 0UL);
}

// Writes everything that the file's file system holds back (syncfs(2)). 0, or -1 and errno.
static inline int cprocess_sync_file_system(int file) {
    return (int)syscall(SYS_syncfs, file);
}

// Limits the caller and what it starts: how many files each process may open, how long a file it may write. 0, or -1.
static inline int cprocess_limit_open_files(unsigned long long count) {
    struct rlimit limit = {count, count};
    return setrlimit(RLIMIT_NOFILE, &limit);
}
static inline int cprocess_limit_file_size(unsigned long long bytes) {
    struct rlimit limit = {bytes, bytes};
    return setrlimit(RLIMIT_FSIZE, &limit);
}

// The hard limit on open files of the caller.
static inline unsigned long long cprocess_most_open_files(void) {
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : 0;
}

// Takes the first bytes out of a file, whoever appends to it meanwhile (FALLOC_FL_COLLAPSE_RANGE, fallocate(2)): ext4 and
// XFS, whole blocks, not the whole file. 0, or -1 and errno.
static inline int cprocess_collapse(int file, off_t length) {
    return fallocate(file, 8, 0, length);
}

// Takes space on the disk without making the file longer (FALLOC_FL_KEEP_SIZE, fallocate(2)). 0, or -1 and errno.
static inline int cprocess_reserve(int file, off_t offset, off_t length) {
    return fallocate(file, 1, offset, length);
}

#endif
