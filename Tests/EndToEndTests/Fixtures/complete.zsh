# What does zsh offer at the end of a line? usage: zsh -f complete.zsh LINE, where ./completion defines it
zmodload zsh/zpty || exit 1
zpty z zsh -f -i
local line
setopt rcquotes
() {
  zpty -w z source $1
  repeat 10; do
    zpty -r z line
    [[ $line == ok* ]] && return
  done
} =( <<< '
PROMPT=
autoload compinit
compinit -u -D
source ./completion
bindkey ''^M'' undefined
bindkey ''^J'' undefined
bindkey ''^I'' complete-word
null-line () { echo -E - $''\0'' }
compprefuncs=( null-line )
comppostfuncs=( null-line exit )
zstyle '':completion:*'' list-grouped false
zstyle '':completion:*'' insert-tab false
zstyle '':completion:*'' list-separator ''''
zmodload zsh/zutil
compadd () {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
    builtin compadd "$@"
    return $?
  fi
  typeset -a __hits
  builtin compadd -A __hits "$@"
  setopt localoptions norcexpandparam extendedglob
  [[ -n $__hits ]] || return
  for i in {1..$#__hits}; do echo -E - "hit:$__hits[$i]"; done
}
echo ok')
zpty -w z "$*"$'\t'
integer tog=0
while zpty -r z; do :; done | while IFS= read -r line; do
  if [[ $line == *$'\0\r' ]]; then
    (( tog++ )) && return 0 || continue
  fi
  (( tog )) && echo -E - $line
done
