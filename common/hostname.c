/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hostname.h"

#include <string.h>

#include "say.h"

char *
host_name(const struct record *r)
{
	const char *fqdn = record_get(r, "fqdn");
	const struct fact *container = record_find(r, "container", NULL);
	char *name, *s;

	if (fqdn != NULL)
		return xstrndup(fqdn, strcspn(fqdn, "."));
	if (container == NULL)
		return NULL;
	/* A name begins with a letter or digit and has 63 bytes at most (name_valid), as a label does. */
	name = xstrdup(container->field[1]);
	for (s = name; *s != '\0'; s++)
		if (*s == '_' || *s == '.')
			*s = '-';
	while (s > name + 1 && s[-1] == '-')
		*--s = '\0';
	return name;
}
