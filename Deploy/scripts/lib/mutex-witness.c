// Tells Thread Sanitizer of what `Synchronization.Mutex` does when it has to wait.
//
// Swift's lock is taken and left by atomic operations that the sanitizer sees in the code that uses it; but where two
// threads meet, the standard library, which is not instrumented, hands it over through a futex (FUTEX_LOCK_PI) that the
// sanitizer does not know. A correct program is reported then. These functions stand before the library's, do the same
// by calling them, and say what happened. Nothing is hidden: an access that no lock orders is reported as before.
//
// To be put before the library by LD_PRELOAD. The names and the convention are those of Swift 6.3's
// `_MutexHandle._lockSlow(UInt32)`, `._tryLockSlow() -> Bool` and `._unlockSlow()`.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

// Absent in programs that are not instrumented.
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK_SLOW "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

typedef SWIFT void lock_slow(uint32_t thread, SELF void *mutex);
typedef SWIFT bool try_lock_slow(SELF void *mutex);
typedef SWIFT void unlock_slow(SELF void *mutex);

SWIFT void mutex_lock_slow(uint32_t thread, SELF void *mutex) __asm__(LOCK_SLOW);
SWIFT bool mutex_try_lock_slow(SELF void *mutex) __asm__(TRY_LOCK_SLOW);
SWIFT void mutex_unlock_slow(SELF void *mutex) __asm__(UNLOCK_SLOW);

SWIFT void mutex_lock_slow(uint32_t thread, SELF void *mutex) {
    ((lock_slow *)dlsym(RTLD_NEXT, LOCK_SLOW))(thread, mutex);
    if (__tsan_acquire) __tsan_acquire(mutex);
}

SWIFT bool mutex_try_lock_slow(SELF void *mutex) {
    bool held = ((try_lock_slow *)dlsym(RTLD_NEXT, TRY_LOCK_SLOW))(mutex);
    if (held && __tsan_acquire) __tsan_acquire(mutex);
    return held;
}

SWIFT void mutex_unlock_slow(SELF void *mutex) {
    if (__tsan_release) __tsan_release(mutex);
    ((unlock_slow *)dlsym(RTLD_NEXT, UNLOCK_SLOW))(mutex);
}
