/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bare loop of libyaml over the events of stdin, which t/bench measures ctr-parse against. */
#include <stdio.h>
#include <yaml.h>

int
main(void)
{
	yaml_parser_t parser;
	yaml_event_t event;
	int done;

	if (!yaml_parser_initialize(&parser))
		return 1;
	yaml_parser_set_input_file(&parser, stdin);
	do {
		if (!yaml_parser_parse(&parser, &event))
			return 1;
		done = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	} while (!done);
	yaml_parser_delete(&parser);
	return 0;
}
