// The program of the image that Berth carries: says from inside a container what it is isolated from and limited to.
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

static const char *const CAPABILITIES[] = {
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
    "CHECKPOINT_RESTORE"};
enum { CAPABILITY_COUNT = sizeof CAPABILITIES / sizeof *CAPABILITIES };

// Reads the first line of a file without its line end; false if there is no such file.
static int read_line(const char *path, char *out, size_t size) {
  FILE *file = fopen(path, "re");
  if (!file) return 0;
  int got = fgets(out, (int)size, file) != NULL;
  fclose(file);
  if (got) out[strcspn(out, "\n")] = 0;
  return got;
}

// The value of `name:` in /proc/self/status.
static int status_field(const char *name, char *out, size_t size) {
  char line[512];
  size_t length = strlen(name);
  FILE *file = fopen("/proc/self/status", "re");
  if (!file) return 0;
  int found = 0;
  while (!found && fgets(line, sizeof line, file)) {
    if (strncmp(line, name, length) || line[length] != ':') continue;
    const char *value = line + length + 1;
    value += strspn(value, " \t");
    snprintf(out, size, "%.*s", (int)strcspn(value, "\n"), value);
    found = 1;
  }
  fclose(file);
  return found;
}

static int count_processes(void) {
  DIR *directory = opendir("/proc");
  if (!directory) return -1;
  int count = 0;
  for (struct dirent *entry; (entry = readdir(directory));) count += entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
  closedir(directory);
  return count;
}

static void print_interfaces(void) {
  DIR *directory = opendir("/sys/class/net");
  printf("  network      ");
  int count = 0;
  if (directory) {
    for (struct dirent *entry; (entry = readdir(directory));)
      if (entry->d_name[0] != '.') printf("%s%s", count++ ? ", " : "interfaces: ", entry->d_name);
    closedir(directory);
  }
  puts(count ? "" : "no interface is visible");
}

// A limit from the first of several files that exists; "max" and v1's huge number mean that there is none.
static void print_limit(const char *label, const char *const *paths, const char *unit, unsigned long long divisor) {
  char line[128];
  for (; *paths; paths++) {
    if (!read_line(*paths, line, sizeof line)) continue;
    unsigned long long value = strtoull(line, NULL, 10);
    if (!strcmp(line, "max") || line[0] == '-' || value >= 1ULL << 60) break;
    printf("  %-12s at most %llu %s\n", label, value / divisor, unit);
    return;
  }
  printf("  %-12s not limited\n", label);
}

static void print_cpu_limit(void) {
  char quota[64], line[128];
  double cpus = 0;
  if (read_line("/sys/fs/cgroup/cpu.max", line, sizeof line)) {
    char *space = strchr(line, ' ');
    if (space && line[0] != 'm') cpus = strtod(line, NULL) / strtod(space, NULL);
  } else if (read_line("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", quota, sizeof quota) &&
             read_line("/sys/fs/cgroup/cpu/cpu.cfs_period_us", line, sizeof line) && quota[0] != '-') {
    cpus = strtod(quota, NULL) / strtod(line, NULL);
  }
  if (cpus > 0) printf("  %-12s at most %.2f processors\n", "cpu", cpus);
  else printf("  %-12s not limited\n", "cpu");
}

static void print_capabilities(void) {
  char value[64];
  if (!status_field("CapBnd", value, sizeof value)) return;
  unsigned long long set = strtoull(value, NULL, 16);
  int kept = 0;
  for (int i = 0; i < CAPABILITY_COUNT; i++) kept += set >> i & 1;
  printf("  capabilities %d of %d:", kept, CAPABILITY_COUNT);
  for (int i = 0, column = 0; i < CAPABILITY_COUNT; i++)
    if (set >> i & 1) printf("%s%s", column++ % 6 == 0 && column > 1 ? "\n               " : " ", CAPABILITIES[i]);
  puts(kept ? "" : " none");
}

static const char *filesystem_name(const char *path) {
  struct statfs info;
  if (statfs(path, &info)) return "unknown";
  switch ((unsigned long)info.f_type) {
    case 0x794c7630: return "overlay";
    case 0x01021994: return "tmpfs";
    case 0xef53: return "ext4";
    case 0x9123683e: return "btrfs";
    case 0x58465342: return "xfs";
    default: return "another file system";
  }
}

// Without an argument: tells and ends. With one: goes on until a signal ends it, for who wants a container to look at.
int main(int argc, char **argv) {
  (void)argv;
  struct utsname name;
  struct statvfs root;
  char seccomp[16] = "0", privileges[16] = "0";
  if (uname(&name) || statvfs("/", &root)) {
    perror("hello");
    return 1;
  }
  status_field("Seccomp", seccomp, sizeof seccomp);
  status_field("NoNewPrivs", privileges, sizeof privileges);
  puts("Hello from a container that Berth runs.\n\nIt is isolated:");
  printf("  processes    this is process %d; it can see %d in all\n", (int)getpid(), count_processes());
  printf("  host name    %s (kernel %s %s)\n", name.nodename, name.sysname, name.release);
  printf("  files        the root is %s%s\n", filesystem_name("/"), root.f_flag & ST_RDONLY ? ", read-only" : ", writable");
  print_interfaces();
  printf("  user         uid %d, gid %d\n", (int)getuid(), (int)getgid());
  puts("\nIt is limited:");
  print_limit("memory", (const char *const[]){"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes", NULL}, "MiB", 1 << 20);
  print_limit("processes", (const char *const[]){"/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max", NULL}, "processes", 1);
  print_cpu_limit();
  print_capabilities();
  printf("  system calls %s\n", seccomp[0] == '2' ? "filtered (seccomp)" : "not filtered");
  printf("  privileges   %s\n", privileges[0] == '1' ? "cannot grow (no_new_privs)" : "setuid programs may raise them, within the capabilities above");
  if (argc > 1) {
    fflush(stdout);
    pause();
  }
  return 0;
}
