/**
 * What shells evaluate so that they complete `berth`. All of them ask `berth __complete WORDS...`, which answers with a line that says
 * what kind of words come, and then one candidate a line, with its description after a tab.
 */

/** bash breaks words at `:` and `=`: they are joined again for the question, and what was joined is taken off the answers. */
const BASH = `# bash completion of berth
_berth() {
  local rest=\${COMP_LINE:0:COMP_POINT} piece trimmed i
  local -a words=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    piece=\${COMP_WORDS[i]}
    ((i == COMP_CWORD)) && piece=\${piece:0:\${#rest}}
    trimmed=\${rest#"\${rest%%[![:space:]]*}"}
    if ((i > 0)) && [[ $trimmed == "$rest" && -n $rest ]]; then
      words[\${#words[@]} - 1]+=$piece
    else
      words+=("$piece")
    fi
    rest=\${trimmed#"$piece"}
  done
  local current=\${words[\${#words[@]} - 1]} kind line
  local -a lines=()
  mapfile -t lines < <("\${words[0]}" __complete "\${words[@]:1}" 2>/dev/null)
  kind=\${lines[0]}
  COMPREPLY=()
  local joined=\${current%"\${current##*[:=]}"}
  for line in "\${lines[@]:1}"; do
    line=\${line%%$'\\t'*}
    COMPREPLY+=("\${line#"$joined"}")
  done
  case $kind in
    files) compopt -o default 2>/dev/null ;;
    directories) compopt -o default -o dirnames 2>/dev/null ;;
  esac
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -F _berth berth
`;

const ZSH = `#compdef berth
_berth() {
  local -a lines candidates
  lines=("\${(@f)$(\${words[1]} __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  case \${lines[1]} in
    files) _files; return ;;
    directories) _files -/; return ;;
  esac
  local line value
  for line in "\${(@)lines[2,-1]}"; do
    [[ -n $line ]] || continue
    value=\${line%%$'\\t'*}
    if [[ $line == *$'\\t'* ]]; then
      candidates+=("\${value//:/\\\\:}:\${line#*$'\\t'}")
    else
      candidates+=("\${value//:/\\\\:}")
    fi
  done
  _describe -t berth berth candidates
}
if [[ $funcstack[1] == _berth ]]; then _berth "$@"; else compdef _berth berth; fi
`;

const FISH = `# fish completion of berth
function __berth_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l lines ($words[1] __complete $words[2..-1] 2>/dev/null)
    switch "$lines[1]"
        case files directories
            __fish_complete_path (commandline -ct)
        case '*'
            printf '%s\\n' $lines[2..-1]
    end
end
complete -c berth -f -a '(__berth_complete)'
`;

export const SCRIPTS: Readonly<Record<string, string>> = { bash: BASH, fish: FISH, zsh: ZSH };
