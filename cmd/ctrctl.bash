# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Completion for ctrctl: commands, options, and the containers' names as the project file has them.

_ctrctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} commands command='' word i
	local -a parse=()

	COMPREPLY=()
	case $prev in
	-f | --file | -P | --lxcpath)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	-p | --project | -j | --jobs | -t | --seconds)
		return
		;;
	esac
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(ctrctl --help |
			grep -oE -- '(^| )--?[a-z][a-z-]*' | tr -d ' ')" -- "$cur")
		return
	fi

	# What stands before: a command, and the options that say which project it is.
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		-f | --file) parse+=(-f "${COMP_WORDS[++i]}") ;;
		-p | --project) parse+=(-p "${COMP_WORDS[++i]}") ;;
		-j | --jobs | -t | --seconds | -P | --lxcpath) ((++i)) ;;
		-*) ;;
		explain) ;;
		*) command=${command:-$word} ;;
		esac
	done
	if [[ -z $command ]]; then
		commands=$(ctrctl --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
		mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
		return
	fi
	case $command in
	enable | disable | doctor) return ;; # take no names
	esac
	mapfile -t COMPREPLY < <(compgen -W "$(ctr-parse -q "${parse[@]}" 2>/dev/null |
		awk -F'\t' '$2 == "container" { print $4 }')" -- "$cur")
}
complete -F _ctrctl ctrctl
