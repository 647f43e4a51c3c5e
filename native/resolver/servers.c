/* The name servers of the host, as its resolv.conf says at the moment. */
#include "resolver.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHECK_MS = 1000, CONF_MAX = 65536 };

static struct server known[SERVERS_MAX];
static unsigned known_count;
static const char *conf_path;
static struct stat conf_seen;
static uint64_t conf_checked;

/* if_nametoindex of the C library uses a kind of socket that the sandbox does not allow. */
static uint32_t interface_index(const char *name)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {0};
	uint32_t index = 0;

	if (fd >= 0 && strlen(name) < sizeof request.ifr_name) {
		strcpy(request.ifr_name, name);
		if (ioctl(fd, SIOCGIFINDEX, &request) == 0)
			index = (uint32_t)request.ifr_ifindex;
	}
	if (fd >= 0)
		close(fd);
	return index;
}

/* An address with an optional "%interface", port 53; "#port" behind it for another one. */
bool parse_server(const char *text, struct server *s)
{
	char copy[80], *zone, *port;

	if (strlen(text) >= sizeof copy)
		return false;
	strcpy(copy, text);
	memset(s, 0, sizeof *s);
	port = strchr(copy, '#');
	if (port)
		*port++ = 0;
	zone = strchr(copy, '%');
	if (zone)
		*zone++ = 0;
	if (inet_pton(AF_INET, copy, &s->name.v4.sin_addr) == 1) {
		s->name.v4.sin_family = AF_INET;
		s->name.v4.sin_port = htons((uint16_t)(port ? atoi(port) : 53));
		s->len = sizeof s->name.v4;
	} else if (inet_pton(AF_INET6, copy, &s->name.v6.sin6_addr) == 1) {
		s->name.v6.sin6_family = AF_INET6;
		s->name.v6.sin6_port = htons((uint16_t)(port ? atoi(port) : 53));
		s->name.v6.sin6_scope_id = zone ? interface_index(zone) : 0;
		s->len = sizeof s->name.v6;
	} else {
		return false;
	}
	return true;
}

static void read_conf(int fd)
{
	char *text = malloc(CONF_MAX), *rest, *line;
	ssize_t n = text ? read(fd, text, CONF_MAX - 1) : -1;

	known_count = 0;
	if (n > 0)
		text[n] = 0;
	for (rest = text; n > 0 && (line = strsep(&rest, "\n"));) {
		char *word = line + strspn(line, " \t"), *value;

		if (strncmp(word, "nameserver", 10) || !strspn(word + 10, " \t"))
			continue;
		value = word + 10 + strspn(word + 10, " \t");
		value[strcspn(value, " \t\r;")] = 0;
		if (known_count < SERVERS_MAX && parse_server(value, &known[known_count]))
			known_count++;
	}
	free(text);
}

/* The file is looked at again after a second at the earliest. */
static void refresh(void)
{
	struct stat st;
	int fd;

	if (conf_checked && now_ms < conf_checked + CHECK_MS)
		return;
	conf_checked = now_ms;
	fd = open(conf_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		known_count = 0;
		memset(&conf_seen, 0, sizeof conf_seen);
		return;
	}
	if (fstat(fd, &st) == 0 &&
	    (st.st_ino != conf_seen.st_ino || st.st_dev != conf_seen.st_dev || st.st_size != conf_seen.st_size ||
	     memcmp(&st.st_mtim, &conf_seen.st_mtim, sizeof st.st_mtim))) {
		conf_seen = st;
		read_conf(fd);
	}
	close(fd);
}

void servers_prepare(const char *resolv_conf)
{
	conf_path = resolv_conf;
}

unsigned host_servers(struct server servers[SERVERS_MAX])
{
	refresh();
	memcpy(servers, known, sizeof known);
	return known_count;
}
