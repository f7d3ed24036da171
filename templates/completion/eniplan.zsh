#compdef eniplan
# Completion of eniplan for zsh: source it, or put it as _eniplan into a folder of $fpath.
_eniplan() {
    local answer value
    local -a spaced joined
    while IFS= read -r answer; do
        value=${answer%%$'\t'*}
        value=${value//:/\\:}
        [[ $answer == *$'\t'* ]] && value+=:${answer#*$'\t'}
        # What goes on behind these: the next folder, the value, the size of a type.
        if [[ ${answer%%$'\t'*} == *[/=.] ]]; then joined+=("$value"); else spaced+=("$value"); fi
    done < <(_ENIPLAN_COMPLETE=zsh _ENIPLAN_LINE="${(j: :)words[1,CURRENT-1]} $PREFIX" eniplan 2>/dev/null)
    _describe -V 'eniplan' spaced -- joined -S ''
}
# In a folder of $fpath this file is the body of the function, and is asked at its first run.
if [[ ${funcstack[1]} == _eniplan ]]; then
    _eniplan "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
    compdef _eniplan eniplan
fi
