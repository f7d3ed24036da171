# Completion of eniplan for bash 4.4 and later: source it, or put it where bash-completion looks.
_eniplan() {
    local answer
    COMPREPLY=()
    while IFS= read -r answer; do
        COMPREPLY+=("$answer")
        # What goes on behind these: the next folder, the value, the size of a type.
        [[ $answer == *[/=.] ]] && compopt -o nospace
    done < <(_ENIPLAN_COMPLETE=bash _ENIPLAN_LINE="${COMP_LINE:0:COMP_POINT}" "${1/#\~/$HOME}" 2>/dev/null)
}
complete -F _eniplan eniplan
