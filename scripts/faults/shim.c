// What happens if the system fails, or dies, at any one call that writes?
//
// Built as a shared object and preloaded. Counts every call that changes files below TORTURE_ROOT, and at number
// TORTURE_AT does what TORTURE_MODE says:
//
//   kill       the process dies before the call          killafter  ... after it
//   eio enospc eintr   the call fails with that number   short      a write takes only half of its bytes
//
// TORTURE_STICKY=1: at that call and all later ones. TORTURE_LOG=file: every call with its bytes, in order, so that a
// power cut can be replayed. TORTURE_NOSYNC=1: fsync and fdatasync do nothing and are not logged, to show that a replay
// bites. TORTURE_COUNT=file: how many calls there were.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static char root[PATH_MAX];
static int isReady, isOff, sticky, nosync, logFile = -1;
static long at, count;
static char mode[16], countPath[PATH_MAX];

// A log of our own: the real calls, whatever is preloaded.
#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

static void tell(void) {
  if (!countPath[0]) return;
  int file = REAL(open)(countPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return;
  char text[32];
  int length = snprintf(text, sizeof text, "%ld\n", count);
  if (REAL(write)(file, text, length) < 0) {}
  close(file);
}

__attribute__((destructor)) static void end(void) { tell(); }

static void prepare(void) {
  if (isReady) return;
  isReady = 1;
  const char *value = getenv("TORTURE_ROOT");
  if (!value) { isOff = 1; return; }
  snprintf(root, sizeof root, "%s", value);
  if ((value = getenv("TORTURE_AT"))) at = atol(value);
  if ((value = getenv("TORTURE_MODE"))) snprintf(mode, sizeof mode, "%s", value);
  sticky = getenv("TORTURE_STICKY") != NULL;
  nosync = getenv("TORTURE_NOSYNC") != NULL;
  if ((value = getenv("TORTURE_COUNT"))) snprintf(countPath, sizeof countPath, "%s", value);
  if ((value = getenv("TORTURE_LOG")))
    logFile = REAL(open)(value, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int isBelow(const char *path) {
  size_t length = strlen(root);
  return length && !strncmp(path, root, length) && (path[length] == '/' || !path[length]);
}

// The absolute path without following the last part.
static int absolute(int directory, const char *path, char *out) {
  if (path[0] == '/') return snprintf(out, PATH_MAX, "%s", path) < PATH_MAX;
  char base[PATH_MAX];
  if (directory == AT_FDCWD) {
    if (!getcwd(base, sizeof base)) return 0;
  } else {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
    ssize_t length = readlink(link, base, sizeof base - 1);
    if (length < 0) return 0;
    base[length] = 0;
  }
  return snprintf(out, PATH_MAX, "%s/%s", base, path) < PATH_MAX;
}

static int pathOf(int file, char *out) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, out, PATH_MAX - 1);
  if (length <= 0) return 0;
  out[length] = 0;
  char *gone = strstr(out, " (deleted)");
  if (gone) *gone = 0;
  return isBelow(out);
}

static uint64_t inodeOf(int file) {
  struct stat status;
  return fstat(file, &status) ? 0 : (uint64_t)status.st_ino;
}

// A record: operation\0 inode\0 offset\0 length\0 path\0 other\0 bytes.
static void record(const char *operation, uint64_t inode, long offset, const void *bytes, long length, const char *path,
                   const char *other) {
  if (logFile < 0) return;
  char head[2 * PATH_MAX + 128];
  int size = snprintf(head, sizeof head, "%s%c%llu%c%ld%c%ld%c%s%c%s%c", operation, 0, (unsigned long long)inode, 0,
                      offset, 0, length, 0, path ? path : "", 0, other ? other : "", 0);
  if (REAL(write)(logFile, head, size) < 0) {}
  if (bytes && length > 0 && REAL(write)(logFile, bytes, length) < 0) {}
}

enum { go, fail, half, dieAfter };

// Counts a call and says what becomes of it.
static int judge(int canBeShort) {
  count++;
  int isHit = at && (count == at || (sticky && count > at));
  if (!isHit) return go;
  if (!strcmp(mode, "kill")) { tell(); raise(SIGKILL); }
  if (!strcmp(mode, "killafter")) return dieAfter;
  if (!strcmp(mode, "short")) return canBeShort ? half : go;
  errno = !strcmp(mode, "enospc") ? ENOSPC : !strcmp(mode, "eintr") ? EINTR : EIO;
  return fail;
}

static void after(int verdict) {
  if (verdict == dieAfter) { int kept = errno; tell(); raise(SIGKILL); errno = kept; }
}

#define ENTER pthread_mutex_lock(&lock); prepare()
#define LEAVE pthread_mutex_unlock(&lock)

static int openCounted(const char *name, int directory, const char *path, int flags, mode_t bits) {
  char full[PATH_MAX];
  ENTER;
  int result, verdict = go, counts = 0;
  if (!isOff && (flags & (O_CREAT | O_TRUNC)) && absolute(directory, path, full) && isBelow(full)) {
    int exists = !faccessat(directory, path, F_OK, AT_SYMLINK_NOFOLLOW);
    counts = !exists || (flags & O_TRUNC);
  }
  if (counts && (verdict = judge(0)) == fail) { LEAVE; return -1; }
  result = REAL(openat)(directory, path, flags, bits);
  if (counts && result >= 0) record("create", inodeOf(result), 0, NULL, 0, full, NULL);
  if (counts) after(verdict);
  LEAVE;
  (void)name;
  return result;
}

#define OPEN(name)                                                        \
  int name(const char *path, int flags, ...) {                            \
    mode_t bits = 0;                                                      \
    if (flags & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); bits = va_arg(rest, mode_t); va_end(rest); } \
    return openCounted(#name, AT_FDCWD, path, flags, bits);               \
  }
OPEN(open)
OPEN(open64)
int openat64(int directory, const char *path, int flags, ...) {
  mode_t bits = 0;
  if (flags & O_CREAT) { va_list rest; va_start(rest, flags); bits = va_arg(rest, mode_t); va_end(rest); }
  return openCounted("openat64", directory, path, flags, bits);
}
int creat(const char *path, mode_t bits) { return openCounted("creat", AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, bits); }

static ssize_t writeCounted(int file, const void *bytes, size_t length, off_t offset, int isPositioned) {
  char path[PATH_MAX];
  ENTER;
  int verdict = go, counts = !isOff && pathOf(file, path);
  if (counts && (verdict = judge(length > 1)) == fail) { LEAVE; return -1; }
  if (verdict == half) length = length / 2;
  off_t position = isPositioned ? offset : lseek(file, 0, SEEK_CUR);
  if (counts && !isPositioned && (fcntl(file, F_GETFL) & O_APPEND)) position = lseek(file, 0, SEEK_END);
  ssize_t result = isPositioned ? REAL(pwrite)(file, bytes, length, offset) : REAL(write)(file, bytes, length);
  if (counts && result > 0) record("write", inodeOf(file), position, bytes, result, path, NULL);
  if (counts) after(verdict);
  LEAVE;
  return result;
}

ssize_t write(int file, const void *bytes, size_t length) { return writeCounted(file, bytes, length, 0, 0); }
ssize_t pwrite(int file, const void *bytes, size_t length, off_t offset) { return writeCounted(file, bytes, length, offset, 1); }
ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t offset) { return writeCounted(file, bytes, length, offset, 1); }
ssize_t writev(int file, const struct iovec *parts, int number) {
  ssize_t total = 0;
  for (int index = 0; index < number; index++) {
    ssize_t result = writeCounted(file, parts[index].iov_base, parts[index].iov_len, 0, 0);
    if (result < 0) return total ? total : result;
    total += result;
    if ((size_t)result < parts[index].iov_len) break;
  }
  return total;
}

static int syncCounted(int file, int isData) {
  char path[PATH_MAX];
  ENTER;
  int verdict = go, counts = !isOff && pathOf(file, path);
  if (counts && nosync) { LEAVE; return 0; }
  if (counts && (verdict = judge(0)) == fail) { LEAVE; return -1; }
  int result = isData ? REAL(fdatasync)(file) : REAL(fsync)(file);
  if (counts && !result) record("sync", inodeOf(file), 0, NULL, 0, path, NULL);
  if (counts) after(verdict);
  LEAVE;
  return result;
}
int fsync(int file) { return syncCounted(file, 0); }
int fdatasync(int file) { return syncCounted(file, 1); }

static int truncateCounted(int file, off_t length) {
  char path[PATH_MAX];
  ENTER;
  int verdict = go, counts = !isOff && pathOf(file, path);
  if (counts && (verdict = judge(0)) == fail) { LEAVE; return -1; }
  int result = REAL(ftruncate)(file, length);
  if (counts && !result) record("truncate", inodeOf(file), length, NULL, 0, path, NULL);
  if (counts) after(verdict);
  LEAVE;
  return result;
}
int ftruncate(int file, off_t length) { return truncateCounted(file, length); }
int ftruncate64(int file, off64_t length) { return truncateCounted(file, length); }

// fallocate and the like are not used; a program that starts to use them must be looked at anew.
int posix_fallocate(int file, off_t offset, off_t length) {
  char path[PATH_MAX];
  ENTER;
  int verdict = go, counts = !isOff && pathOf(file, path);
  if (counts && (verdict = judge(0)) == fail) { LEAVE; return errno; }
  int result = REAL(posix_fallocate)(file, offset, length);
  if (counts) after(verdict);
  LEAVE;
  return result;
}
ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t length, unsigned flags) {
  (void)in; (void)from; (void)out; (void)to; (void)length; (void)flags;
  errno = ENOSYS;
  return -1;
}

// Calls that change names. `other` is the new name.
static int nameCounted(const char *operation, int directory, const char *path, int newDirectory, const char *other,
                       int (*call)(void *), void *context) {
  char full[PATH_MAX], newFull[PATH_MAX] = "";
  ENTER;
  int verdict = go, counts = !isOff && absolute(directory, path, full) && (!other || absolute(newDirectory, other, newFull))
                             && (isBelow(full) || (other && isBelow(newFull)));
  struct stat status;
  uint64_t inode = counts && !fstatat(directory, path, &status, AT_SYMLINK_NOFOLLOW) ? (uint64_t)status.st_ino : 0;
  if (counts && (verdict = judge(0)) == fail) { LEAVE; return -1; }
  int result = call(context);
  if (counts && !result) {
    if (!strcmp(operation, "mkdir") && !fstatat(directory, path, &status, AT_SYMLINK_NOFOLLOW)) inode = status.st_ino;
    record(operation, inode, 0, NULL, 0, full, newFull);
  }
  if (counts) after(verdict);
  LEAVE;
  return result;
}

struct names { int directory; const char *path; int newDirectory; const char *other; unsigned flags; mode_t bits; };
static int callRename(void *c) { struct names *n = c; return REAL(renameat)(n->directory, n->path, n->newDirectory, n->other); }
static int callLink(void *c) { struct names *n = c; return REAL(linkat)(n->directory, n->path, n->newDirectory, n->other, n->flags); }
static int callUnlink(void *c) { struct names *n = c; return REAL(unlinkat)(n->directory, n->path, n->flags); }
static int callMkdir(void *c) { struct names *n = c; return REAL(mkdirat)(n->directory, n->path, n->bits); }

int rename(const char *path, const char *other) {
  struct names n = {AT_FDCWD, path, AT_FDCWD, other, 0, 0};
  return nameCounted("rename", AT_FDCWD, path, AT_FDCWD, other, callRename, &n);
}
int link(const char *path, const char *other) {
  struct names n = {AT_FDCWD, path, AT_FDCWD, other, 0, 0};
  return nameCounted("link", AT_FDCWD, path, AT_FDCWD, other, callLink, &n);
}
int unlink(const char *path) {
  struct names n = {AT_FDCWD, path, 0, NULL, 0, 0};
  return nameCounted("unlink", AT_FDCWD, path, 0, NULL, callUnlink, &n);
}
int unlinkat(int directory, const char *path, int flags) {
  struct names n = {directory, path, 0, NULL, (unsigned)flags, 0};
  return nameCounted(flags & AT_REMOVEDIR ? "rmdir" : "unlink", directory, path, 0, NULL, callUnlink, &n);
}
int rmdir(const char *path) {
  struct names n = {AT_FDCWD, path, 0, NULL, AT_REMOVEDIR, 0};
  return nameCounted("rmdir", AT_FDCWD, path, 0, NULL, callUnlink, &n);
}
int mkdir(const char *path, mode_t bits) {
  struct names n = {AT_FDCWD, path, 0, NULL, 0, bits};
  return nameCounted("mkdir", AT_FDCWD, path, 0, NULL, callMkdir, &n);
}
int mkdirat(int directory, const char *path, mode_t bits) {
  struct names n = {directory, path, 0, NULL, 0, bits};
  return nameCounted("mkdir", directory, path, 0, NULL, callMkdir, &n);
}
