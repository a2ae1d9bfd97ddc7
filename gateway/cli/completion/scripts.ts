/**
 * What a shell sources so that TAB completes. The scripts know nothing of commands and options: they ask `potoo __complete`,
 * so they need not be made again when there are more of them.
 */

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** In place of values: files are completed by the shell itself. */
export const filesMark = ':files';

const bash = String.raw`# bash completion of potoo. For this shell:
#   source <(potoo completion bash)
# For every shell, in ~/.bashrc: the same line. With bash-completion:
#   potoo completion bash > ~/.local/share/bash-completion/completions/potoo
# "kubectl potoo" is completed by kubectl's own completion, when kubectl_complete-potoo is on the PATH.

_potoo() {
  local typed="${'$'}{COMP_LINE:0:COMP_POINT}" line value files=""
  local -a words
  read -ra words <<<"$typed"
  case $typed in *[[:space:]]) words+=("") ;; esac
  local current="${'$'}{words[${'$'}{#words[@]} - 1]}"
  # Bash breaks words at = and :, and wants only what follows the last of them.
  local break=""
  case $current in *[=:]*) [[ $COMP_WORDBREAKS == *[=:]* ]] && break="${'$'}{current%"${'$'}{current##*[=:]}"}" ;; esac
  COMPREPLY=()
  while IFS= read -r line; do
    [[ $line == "${filesMark}" ]] && files=yes && continue
    value="${'$'}{line%%$'\t'*}"
    [[ $value == "$current"* ]] && COMPREPLY+=("${'$'}{value#"$break"}")
  done < <(command potoo __complete -- "${'$'}{words[@]:1}" 2>/dev/null)
  if [[ -n $files ]]; then
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "${'$'}{current#"$break"}")
    type compopt >/dev/null 2>&1 && compopt -o filenames
  fi
  return 0
}

complete -F _potoo potoo
`;

const zsh = String.raw`#compdef potoo
# zsh completion of potoo. For this shell, and in ~/.zshrc after compinit:
#   source <(potoo completion zsh)
# Or as a file in a folder of $fpath:
#   potoo completion zsh > ~/.zfunc/_potoo
# "kubectl potoo" is completed by kubectl's own completion, when kubectl_complete-potoo is on the PATH.

_potoo() {
  local line
  local -a given values shown
  given=("${'$'}{(@Q)words[2,CURRENT]}")
  while IFS= read -r line; do
    if [[ $line == "${filesMark}" ]]; then
      _files
      return
    fi
    values+=("${'$'}{line%%$'\t'*}")
    if [[ $line == *$'\t'* ]]; then
      shown+=("${'$'}{line%%$'\t'*}  -- ${'$'}{line#*$'\t'}")
    else
      shown+=("$line")
    fi
  done < <(command potoo __complete -- "${'$'}{given[@]}" 2>/dev/null)
  compadd -l -d shown -a values
}

if [[ ${'$'}{funcstack[1]} == _potoo ]]; then
  _potoo "$@"
else
  compdef _potoo potoo
fi
`;

const fish = String.raw`# fish completion of potoo. For this shell:
#   potoo completion fish | source
# For every shell:
#   potoo completion fish > ~/.config/fish/completions/potoo.fish

function __potoo_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in (command potoo __complete -- $words[2..-1] "$current" 2>/dev/null)
        if test "$line" = "${filesMark}"
            __fish_complete_path "$current"
        else
            printf '%s\n' $line
        end
    end
end

complete -c potoo -f -a '(__potoo_complete)'
`;

const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };

/** The script of a shell. */
export function completionScript(shell: Shell): string {
  return scripts[shell];
}
