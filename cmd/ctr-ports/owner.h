/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A container of the run: what its record had and wants, and what is stored of it. */
#ifndef OWNER_H
#define OWNER_H

#include "plan.h"

/* As record_fail; of one that failed already only the first reason is told. */
void owner_fail(struct owner *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Opens the container, whose lock is held, and says what it had and wants. -1 where nothing is to be changed of it. */
int owner_begin(struct owner *o, bool undo);

/* Begins to store what an owner has together with what is about to be published. */
void owner_store_first(struct owner *o);

/*
 * Begins to store what it wants, or had where it failed. What was chosen is kept when ports are withdrawn, until the container is
 * declared without them; it goes on with the record.
 */
void owner_store_last(struct owner *o, bool undo);

/* Ends either, once all have begun. */
void owner_stored(struct owner *o);

#endif
