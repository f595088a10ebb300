# SPDX-License-Identifier: GPL-2.0-or-later
#
# make                  builds into $(BUILD)/bin and $(BUILD)/libexec/ctrkit
# make BUILD=build-x    builds elsewhere, for another compiler or other flags
# make install          honours DESTDIR, PREFIX, MANDIR; make uninstall takes it away again

VERSION = 0.1
BUILD   = build
PREFIX  = /usr/local
MANDIR  = $(PREFIX)/share/man

PROGRAMS = ctr-parse ctr-list ctr-select ctr-create ctr-destroy ctr-config ctr-addr ctr-net \
	ctr-mount ctr-name ctr-start ctr-stop ctr-ports ctr-link ctr-cgroup ctr-status \
	ctr-table ctr-json ctrctl
LIBEXEC  = ctr-veth-up

COMMON = $(patsubst common/%.c,%,$(wildcard common/*.c))
HAVE   = $(foreach p,$(PROGRAMS),$(if $(wildcard cmd/$p.c),$(BUILD)/bin/$p)) \
	$(foreach p,$(LIBEXEC),$(if $(wildcard cmd/$p.c),$(BUILD)/libexec/ctrkit/$p))

# CPPFLAGS, CFLAGS, LDFLAGS and LDLIBS are the user's; what the sources need stands apart from them.
CFLAGS  = -O2 -g
HARDEN  = -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong
HARDENL = -Wl,-z,relro,-z,now
CTR_CPPFLAGS = -D_GNU_SOURCE -DCTR_VERSION='"$(VERSION)"' -Icommon
CTR_CFLAGS   = -std=c17 -Wall -Wextra -fPIE $(HARDEN)
CTR_LDFLAGS  = -pie $(HARDENL) -Wl,--as-needed

COMPILE = $(CC) $(CTR_CPPFLAGS) $(CPPFLAGS) $(CTR_CFLAGS) $(CFLAGS) -MMD -MP -c
LINK    = $(CC) $(CTR_CFLAGS) $(CFLAGS) $(CTR_LDFLAGS) $(LDFLAGS)

LIBS = -llxc -lnftables -lyaml

all: $(HAVE)

.SECONDEXPANSION:
$(HAVE): $(BUILD)/cmd/$$(@F).o $(BUILD)/libctr.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(LIBS) $(LDLIBS)

$(BUILD)/libctr.a: $(COMMON:%=$(BUILD)/common/%.o)
	rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(COMPILE) -o $@ $<

clean:
	rm -rf $(BUILD)

.PHONY: all clean
.SECONDARY:
.DELETE_ON_ERROR:

-include $(COMMON:%=$(BUILD)/common/%.d) $(PROGRAMS:%=$(BUILD)/cmd/%.d) $(LIBEXEC:%=$(BUILD)/cmd/%.d)
