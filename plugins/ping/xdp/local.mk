# SPDX-License-Identifier: MIT
# xdp.module is no plugin, which its name keeps it from being taken for: icmp and ipv6 open it.
EXTRA_DIST += %D%/pings.bpf.c
CLEANFILES += %D%/pings.bpf.o %D%/pings.skel.h
if WITH_XDP
plugin_LTLIBRARIES += xdp.la
xdp_la_SOURCES = %D%/module.c %D%/module.h %D%/ports.c %D%/program.c %D%/program.h \
	%D%/shared.h
nodist_xdp_la_SOURCES = %D%/pings.skel.h
# what bpftool writes has warnings of its own
xdp_la_CPPFLAGS = $(AM_CPPFLAGS) -isystem %D%
xdp_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -shrext .module \
	-export-symbols-regex '^mural_xdp$$'
xdp_la_LIBADD = $(BPF_LIBS)

$(xdp_la_OBJECTS): %D%/pings.skel.h

# Bytecode for the kernel, the same on every machine of one byte order, and the C that loads it.
SUFFIXES = .bpf.c .bpf.o .skel.h
.bpf.c.bpf.o:
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(BPF_CLANG) -O2 -g -Wall -Wextra $(WERROR_FLAGS) -target bpf -mcpu=v3 \
		$(BPF_CPPFLAGS) -I$(top_srcdir)/plugins -I$(top_srcdir) -c $< -o $@
.bpf.o.skel.h:
	$(AM_V_GEN)$(BPFTOOL) gen skeleton $< name $$(basename $< .bpf.o)_bpf >$@.tmp && mv $@.tmp $@
%D%/pings.bpf.o: %D%/shared.h
endif
