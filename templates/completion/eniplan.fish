# Completion of eniplan for fish: put it as eniplan.fish into ~/.config/fish/completions.
function __eniplan_answers
    set -lx _ENIPLAN_COMPLETE fish
    set -lx _ENIPLAN_LINE (commandline --cut-at-cursor --current-process)
    eniplan 2>/dev/null
end
complete --command eniplan --no-files --keep-order --arguments '(__eniplan_answers)'
