# SPDX-License-Identifier: GPL-2.0-or-later
#
# make             builds into build/bin and build/libexec/ctrkit
# make BUILD=DIR   builds elsewhere, for another compiler or other flags
# make demo        installs what it takes, builds, and brings up man/examples/demo.yml (as root); make demo-clean
#                  removes every trace
# make check       installs what the tests need, builds, runs the tests (as root)
# make check-vm    installs what it takes, makes a virtual machine of Debian 12 (systemd, control groups of version 2,
#                  AppArmor, lxc-net), and runs there, with the package of `make deb`, the tests that have to do with
#                  those: VM_TESTS below. ALL=1 runs all that can be run there, TESTS='t/net.t t/vm/host.t'
#                  these. The processor is emulated: a test takes 10 to 20 times as long
# make lint        man pages, C and shell looked through, two compilers without a warning
# make sanitize    the same tests with the address and undefined behaviour sanitizers, counted as by make cover; and of the
#                  faults and the kills all, where make check takes some. Fails, too, where they leave out more than 15 % of a
#                  file's lines
# make kill        ctrctl killed at ROUNDS=200 instants; make soak, up and down again and again, ROUNDS=500 times
# make cover       the same tests, counted: what they run of each source file; TESTS='t/fault.t' those alone
# make fuzz        hostile input of every kind, made by clang's libFuzzer, SECONDS=60 each
# make bench       measures; BENCH='ports network' those two alone, of t/bench-*.sh
# make install     honours DESTDIR, PREFIX, MANDIR; make uninstall takes it away again
# make deb         a Debian package, in build/
# make deps        installs all Debian packages that the above need; deps-demo what it takes to build and run,
#                  deps-vm what `make check-vm` takes besides

VERSION = 0.1
BUILD   = build
PREFIX  = /usr/local
MANDIR  = $(PREFIX)/share/man
TESTS_A_PROCESSOR = 6# they wait more than they work
JOBS    = $(shell echo $$(($(TESTS_A_PROCESSOR) * $$(nproc))))

PROGRAMS = ctr-parse ctr-list ctr-select ctr-create ctr-destroy ctr-idmap ctr-config ctr-addr ctr-net \
	ctr-mount ctr-name ctr-dns ctr-start ctr-stop ctr-ports ctr-link ctr-hosts ctr-cgroup ctr-status \
	ctr-table ctr-json ctr-doctor ctr-unit ctrctl
LIBEXEC  = ctr-veth-up ctr-forward

# Parts of one program lie in cmd/PROGRAM/, what several call in common/.
COMMON   = block boot child conf container execute fact filter forward forward_read grammar graph halt handle hostname \
	idblock idmap links linkset listen lxc names netlink netns nft option order pool publish publish_read queue quote \
	ready record records remove replace resolv rootfs running say scout shift short snapshot subid unmake wrong
PARTS    = ctr-addr/assign ctr-addr/busybox ctr-addr/netconf ctr-addr/reserve ctr-cgroup/enforce ctr-cgroup/group \
	ctr-cgroup/limit ctr-cgroup/rules ctr-cgroup/table ctr-cgroup/translate ctr-cgroup/value \
	ctr-config/command ctr-create/clone ctr-create/directory ctr-create/enclose ctr-create/log ctr-create/snippets \
	ctr-doctor/chains ctr-doctor/dns ctr-doctor/firewall ctr-doctor/kernel ctr-doctor/legacy ctr-doctor/network ctr-doctor/published ctr-doctor/report \
	ctr-doctor/system ctr-idmap/root ctr-link/back ctr-link/hosts ctr-link/reach ctr-mount/copy ctr-mount/volume \
	ctr-net/clear ctr-net/dnsmasq ctr-net/elements ctr-net/forward ctr-net/gone ctr-net/present ctr-net/share ctr-net/table \
	ctr-parse/claim ctr-parse/document \
	ctr-parse/forms ctr-parse/keep ctr-parse/keys ctr-parse/loader ctr-ports/choose ctr-ports/cut ctr-ports/lock ctr-ports/owner \
	ctr-ports/plan \
	ctr-status/linked ctr-status/pending ctr-status/published ctr-unit/text ctrctl/pipeline ctrctl/progress ctrctl/tally
BINS     = $(PROGRAMS:%=$(BUILD)/bin/%) $(LIBEXEC:%=$(BUILD)/libexec/ctrkit/%)
OBJECTS  = $(COMMON:%=$(BUILD)/common/%.o) $(PARTS:%=$(BUILD)/cmd/%.o)
MANS     = $(PROGRAMS:%=man/%.1) man/ctr-veth-up.8 man/ctr-forward.8 man/ctr-project.5 man/ctr-records.5 man/ctrkit.7

# The one list of Debian packages: to build; to run; to test, lint and measure.
DEPS_BUILD = gcc libc6-dev make lxc-dev libnftables-dev libyaml-dev
DEPS_RUN   = lxc lxc-templates liblxc-common libnftables1 iproute2 dnsmasq-base rsync busybox-static apparmor
DEPS_TEST  = perl nftables util-linux e2fsprogs procps strace attr acl socat wget debootstrap debian-archive-keyring \
	distro-info lxcfs mandoc cppcheck shellcheck clang libclang-rt-14-dev dpkg-dev bash-completion systemd iptables iperf3
# To make and run the virtual machine; and in it, besides what the package depends on.
DEPS_VM    = mmdebstrap qemu-system-x86
VM_ROOT    = linux-image-cloud-amd64 systemd-sysv dbus udev kmod perl nftables iptables util-linux e2fsprogs procps strace \
	attr acl socat wget lxcfs xz-utils

# The tests that run in the virtual machine, the longest first: what touches control groups, AppArmor, systemd, networks and
# the life of a container. With ALL=1 it is all but those that want sources, compilers or a build's directory.
VM_TESTS = isolate forward start stop debian idmap-debian dns net ports-auto ports-range ports-maps ports-cut ports-kill ports idmap \
	idmap-blocks idmap-chown link link-cut backlink cgroup-use cgroup-keys cgroup-devices cgroup create clone config \
	destroy busy life lxcfs addr name hosts net-moved foreign veth unit status mount reboot sandbox vm/host vm/reboot
VM_NEVER = install records examples readme demo fault fault-make fault-idmap fault-host fault-ctrctl fuzz completion \
	unit-systemd vm-run doctor

# CPPFLAGS, CFLAGS, LDFLAGS and LDLIBS are the user's; what the sources need stands apart from them.
CFLAGS  = -O2 -g
HARDEN  = -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong
HARDENL = -Wl,-z,relro,-z,now
CTR_CPPFLAGS = -D_GNU_SOURCE -DCTR_VERSION='"$(VERSION)"' -Icommon
CTR_CFLAGS   = -std=c17 -Wall -Wextra -fPIE $(HARDEN)
CTR_LDFLAGS  = -pie $(HARDENL) -Wl,--as-needed

COMPILE = $(CC) $(CTR_CPPFLAGS) $(CPPFLAGS) $(CTR_CFLAGS) $(CFLAGS) -MMD -MP -c
LINK    = $(CC) $(CTR_CFLAGS) $(CFLAGS) $(CTR_LDFLAGS) $(LDFLAGS)

# What each program calls besides libc, and libnftables, which common/nft.c loads.
LXC  = ctr-create ctr-destroy ctr-idmap ctr-config ctr-addr ctr-mount ctr-name ctr-dns ctr-start ctr-stop ctr-ports \
	ctr-link ctr-cgroup ctr-status ctr-doctor
YAML = ctr-parse

all: $(BINS)

$(LXC:%=$(BUILD)/bin/%): LIBS += -llxc
$(YAML:%=$(BUILD)/bin/%): LIBS += -lyaml

.SECONDEXPANSION:
$(BINS): $(BUILD)/cmd/$$(@F).o $(BUILD)/libctr.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(LIBS) $(LDLIBS)

# q: two parts may have one name.
$(BUILD)/libctr.a: $(OBJECTS)
	rm -f $@ && $(AR) qcs $@ $^

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(COMPILE) -o $@ $<

-include $(OBJECTS:.o=.d) $(PROGRAMS:%=$(BUILD)/cmd/%.d) $(LIBEXEC:%=$(BUILD)/cmd/%.d)

deps: DEPS = $(DEPS_BUILD) $(DEPS_RUN) $(DEPS_TEST)
deps-demo: DEPS = $(DEPS_BUILD) $(DEPS_RUN)
deps-vm: DEPS = $(DEPS_VM)
deps deps-demo deps-vm:
	@missing=$$(printf '%s\n' $(DEPS) | grep -vxF "$$(dpkg-query -W -f='$${Status} $${Package}\n' \
	    $(DEPS) 2>/dev/null | sed -n 's/^install ok installed //p')"); \
	[ -z "$$missing" ] || { export DEBIAN_FRONTEND=noninteractive; \
	    apt-get update -q && apt-get install -qy --no-install-recommends $$missing </dev/null; }

demo: deps-demo
	$(MAKE) all
	BUILD=$(BUILD) t/demo.sh

demo-clean: all
	BUILD=$(BUILD) t/demo.sh clean

# The longest first, so that at the end none runs alone.
LONG  = fault-host kill fault-make fault-idmap fault vm-run stop start kill-ctrctl fault-ctrctl examples lessons at-once \
	hostile-loop hostile isolate forward
TESTS = $(LONG:%=t/%.t) $(filter-out $(LONG:%=t/%.t),$(wildcard t/*.t))
check: deps
	$(MAKE) all bases $(BUILD)/t/fault.so
	BUILD=$(BUILD) t/prove.sh -j$(JOBS) --timer $(TESTS)

# The container of Debian is for tests that ALL=1 adds.
VM_ALL = $(filter-out $(VM_NEVER),$(patsubst t/%.t,%,$(wildcard t/*.t t/vm/*.t)))
check-vm: TESTS = $(patsubst %,t/%.t,$(if $(ALL),$(VM_ALL),$(VM_TESTS)))
check-vm: deps deps-vm
	$(MAKE) deb bases
	t/vm/base.sh $(CURDIR)/build-bases $(VM_ROOT) \
	    $$(dpkg-deb -f $(BUILD)/ctrkit_$(VERSION)_*.deb Depends | sed 's/ ([^)]*)//g; s/,//g')
	BUILD=$(BUILD) CTR_VM_TIMEOUT=$(if $(ALL),14400,3600) \
	    t/prove.sh -v t/vm/run.sh :: $(CURDIR)/build-bases $(BUILD)/ctrkit_$(VERSION)_*.deb $(TESTS)

# The container of Debian 12 for tests of systemd, made once. Kept by `make clean`.
bases:
	t/debian-base.sh $(CURDIR)/build-bases

# No -Werror in the build itself: another compiler's new warning is no reason to fail for a user. NULL is a
# pointer under POSIX, so it may end a list of arguments (varFuncNullUB).
lint: deps
	mandoc -T lint -W warning $(MANS)
	cppcheck -q --std=c11 --enable=warning,performance,portability --library=t/cppcheck.cfg --inline-suppr \
	    --suppress=varFuncNullUB --error-exitcode=1 -D_GNU_SOURCE \
	    -DCTR_VERSION='"$(VERSION)"' -Icommon cmd common
	shellcheck -e SC1091,SC2016,SC2034,SC2154 t/*.t t/*.sh t/vm/*.t t/vm/*.sh t/fuzz/*.sh t/bench .ci/run cmd/ctrctl.bash
	! grep -nE '\<(system|popen|atoi|strcpy|strcat|sprintf|gets|fgets|alloca)[[:space:]]*\(' cmd/*.c cmd/*/*.c common/*.c
	$(MAKE) BUILD=build-gcc CC=gcc CFLAGS='-O2 -Werror'
	$(MAKE) BUILD=build-clang CC=clang CFLAGS='-O2 -Werror'

# The same tests as in make check, for longer.
kill: ROUNDS = 200
soak: ROUNDS = 500
kill soak: deps all
	BUILD=$(BUILD) CTR_TEST_ROUNDS=$(ROUNDS) CTR_TEST_TIMEOUT=36000 t/prove.sh $(if $(filter kill,$@),t/kill-ctrctl.t,t/soak.t)

# What the tests run of each source file is counted. Not optimized, or lines melt into each other. gcc writes the counts before fork
# and exec only in GNU C; and a child of vfork would write those of its parent, and tell it so. A child that is not root any
# more writes them too. t/counted.c, and why it comes last, after all of ours. make sanitize does so with the sanitizers:
# without FORTIFY, whose checked functions the address sanitizer does not see through.
# Percent of the lines of a file, which all are to have; with TESTS='...' of some tests, none.
COVER_LIMIT = $(if $(filter command,$(origin TESTS)),0,85)
sanitize: COVER = build-asan
sanitize: COVER_CFLAGS = -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
cover: COVER = build-cover
# Such programs work more than they wait.
cover sanitize: TESTS_A_PROCESSOR = 2
cover sanitize: export CTR_TEST_ALL = 1
cover sanitize: COVER_BUILD = BUILD=$(COVER) HARDEN= CFLAGS='-O0 -g -std=gnu17 --coverage $(COVER_CFLAGS)' CPPFLAGS=-Dvfork=fork
cover sanitize: deps
	$(MAKE) $(COVER_BUILD) $(COVER)/t/counted.o
	$(MAKE) $(COVER_BUILD) LDLIBS=$(COVER)/t/counted.o \
	    LDFLAGS=-Wl,--wrap=_exit,--wrap=raise,--wrap=fork,--wrap=fflush,--export-dynamic-symbol=counted_end all bases \
	    $(COVER)/t/fault.so
	find $(COVER) -name '*.gcno' | sed 's/gcno$$/gcda/' | while read -r f; do : >"$$f" && chmod 666 "$$f"; done
	BUILD=$(COVER) t/prove.sh -j$(JOBS) --timer $(TESTS)
	BUILD=$(COVER) t/cover.sh $(COVER_LIMIT) $(sort $(PROGRAMS:%=cmd/%.c) $(LIBEXEC:%=cmd/%.c) $(PARTS:%=cmd/%.c) \
	    $(COMMON:%=common/%.c))

# Each target is t/fuzz/NAME.c, its first inputs are t/fuzz/NAME/, and those that it finds worth while are kept in the
# build's directory for the next run. Two at a time. A null pointer plus 0, of an empty array, is one under every compiler,
# and in C2Y by N3322: clang's pointer-overflow knows no such exception.
FUZZ    = project records operands hosts
SECONDS = 60
FUZZ_CFLAGS = -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize=pointer-overflow -fno-sanitize-recover=undefined
fuzz: deps
	$(MAKE) fuzz-run BUILD=$(CURDIR)/build-fuzz CC=clang HARDEN= CFLAGS='$(FUZZ_CFLAGS)'

fuzz-run: $(FUZZ:%=$(BUILD)/fuzz-%)
	printf '%s\n' $(FUZZ) | BUILD=$(BUILD) xargs -n 1 -P 2 t/fuzz/run.sh $(SECONDS)

# The programs that a target runs whole, or has the source of.
$(BUILD)/fuzz-records: $(BUILD)/fuzz/ctr-select.o $(BUILD)/fuzz/ctr-json.o $(BUILD)/fuzz/ctr-table.o
$(BUILD)/fuzz-project: LIBS = -lyaml
$(BUILD)/fuzz-hosts: LIBS = -llxc
$(FUZZ:%=$(BUILD)/fuzz-%): $(BUILD)/fuzz-%: $(BUILD)/t/fuzz/%.o $(BUILD)/t/fuzz/fuzz.o $(BUILD)/libctr.a
	$(LINK) -fsanitize=fuzzer -Wl,--wrap=exit,--wrap=read,--wrap=write,--wrap=open_memstream,--wrap=fclose \
	    -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS) $(LDLIBS)

$(BUILD)/fuzz/%.o: cmd/%.c Makefile
	@mkdir -p $(@D)
	$(COMPILE) -Dmain=$(subst -,_,$*) -o $@ $<

$(BUILD)/t/fuzz/%.o: CTR_CPPFLAGS += -Icmd

-include $(FUZZ:%=$(BUILD)/t/fuzz/%.d) $(BUILD)/t/fuzz/fuzz.d

# For LD_PRELOAD: without what the programs are compiled with.
$(BUILD)/t/fault.so: t/fault.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CTR_CPPFLAGS) -std=c17 -Wall -Wextra -O2 -fPIC -shared -o $@ $<

$(BUILD)/t/yaml-events: $(BUILD)/t/yaml-events.o
	$(LINK) -o $@ $^ -lyaml $(LDLIBS)

bench: all $(BUILD)/t/yaml-events
	BUILD=$(BUILD) t/bench $(BENCH)

DOCDIR = $(PREFIX)/share/doc/ctrkit
COMPDIR = $(PREFIX)/share/bash-completion/completions

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/libexec/ctrkit $(DESTDIR)$(DOCDIR)/examples
	install $(PROGRAMS:%=$(BUILD)/bin/%) $(DESTDIR)$(PREFIX)/bin
	install $(LIBEXEC:%=$(BUILD)/libexec/ctrkit/%) $(DESTDIR)$(PREFIX)/libexec/ctrkit
	for m in $(MANS); do \
		install -D -m 644 $$m $(DESTDIR)$(MANDIR)/man$${m##*.}/$${m##*/} || exit 1; done
	install -m 644 README $(DESTDIR)$(DOCDIR)
	install -m 644 man/examples/* $(DESTDIR)$(DOCDIR)/examples
	install -D -m 644 cmd/ctrctl.bash $(DESTDIR)$(COMPDIR)/ctrctl

uninstall:
	for p in $(PROGRAMS); do rm -f $(DESTDIR)$(PREFIX)/bin/$$p || exit 1; done
	rm -rf $(DESTDIR)$(PREFIX)/libexec/ctrkit $(DESTDIR)$(DOCDIR)
	for m in $(MANS); do rm -f $(DESTDIR)$(MANDIR)/man$${m##*.}/$${m##*/} || exit 1; done
	rm -f $(DESTDIR)$(COMPDIR)/ctrctl

# dpkg-shlibdeps wants a debian/control in its directory.
deb: all
	rm -rf $(BUILD)/deb
	$(MAKE) install DESTDIR=$(BUILD)/deb/root PREFIX=/usr
	strip --strip-unneeded $(PROGRAMS:%=$(BUILD)/deb/root/usr/bin/%) \
	    $(LIBEXEC:%=$(BUILD)/deb/root/usr/libexec/ctrkit/%)
	gzip -9n $(BUILD)/deb/root/usr/share/man/man*/*
	printf '%s\n' 'Licence: GPL-2.0-or-later; see /usr/share/common-licenses/GPL-2.' \
	    >$(BUILD)/deb/root/usr/share/doc/ctrkit/copyright
	mkdir -p $(BUILD)/deb/debian $(BUILD)/deb/root/DEBIAN
	echo 'Source: ctrkit' >$(BUILD)/deb/debian/control
	cd $(BUILD)/deb && dpkg-shlibdeps -O root/usr/bin/* root/usr/libexec/ctrkit/* >shlibs
	{ printf '%s\n' 'Package: ctrkit' 'Version: $(VERSION)' "Architecture: $$(dpkg --print-architecture)" \
	    'Maintainer: The ctrkit project <ctrkit@localhost>' 'Section: admin' 'Priority: optional' \
	    "Depends: $$(sed -n 's/^shlibs:Depends=//p' $(BUILD)/deb/shlibs)$$(printf ', %s' $(DEPS_RUN))" \
	    'Suggests: lxcfs' \
	    "Installed-Size: $$(du -sk $(BUILD)/deb/root | cut -f1)" \
	    'Description: groups of LXC containers from one project file' \
	    ' Small programs, joined by pipes, that bring the containers of a YAML project file' \
	    ' to what it declares: creation, volumes, names, network, published ports, links,' \
	    ' limits; and ctrctl, which drives them.'; } >$(BUILD)/deb/root/DEBIAN/control
	dpkg-deb --root-owner-group -b $(BUILD)/deb/root $(BUILD)

clean:
	rm -rf build build-gcc build-clang build-asan build-cover build-fuzz

.PHONY: all deps deps-demo deps-vm demo demo-clean check check-vm bases lint sanitize cover kill soak fuzz fuzz-run bench install \
	uninstall deb clean
.SECONDARY:
.DELETE_ON_ERROR:
