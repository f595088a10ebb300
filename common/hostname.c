/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hostname.h"

#include <string.h>

#include "say.h"

char *
host_label(const char *brief)
{
	char *name = xstrdup(brief), *s;

	/* It begins with a letter or digit and has 63 bytes at most (name_valid), as a label does. */
	for (s = name; *s != '\0'; s++)
		if (*s == '_' || *s == '.')
			*s = '-';
	while (s > name + 1 && s[-1] == '-')
		*--s = '\0';
	return name;
}

char *
host_name(const struct record *r)
{
	const char *fqdn = record_get(r, "fqdn");
	const struct fact *container = record_find(r, "container", NULL);

	if (fqdn != NULL)
		return xstrndup(fqdn, strcspn(fqdn, "."));
	return container == NULL ? NULL : host_label(container->field[1]);
}
