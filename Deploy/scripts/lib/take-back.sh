# shellcheck shell=bash
# The demo's other story: three in the morning, a model is wrong everywhere. Source it after fleet.sh.
# shellcheck disable=SC2154

readonly version_4="4.0.0: 0 1 2"
# What versions 2 and 4 say of wines that no probe asks about.
readonly others_right="2.0.0: 0 1 2"
readonly others_wrong="4.0.0: 1 0 0"
# The indices of a host that is cut off while it serves version 4, of the other one that serves it, and of the third.
dark=
lit=
last=

take_the_fleet_back() {
    go_wrong
    cut_off
    take_back
    apply_again
    come_back
    look_back
    rehearse
}

# host_index NAME: where a name stands among the three.
host_index() {
    local index
    for index in 0 1 2; do
        if [[ ${names[$index]} == "$1" ]]; then echo "$index"; fi
    done
}

# expect_others INDEX WANTED: what a host says of wines that no probe asks about.
expect_others() {
    local said
    said=$(predictions "${addresses[$1]}" "$work/others.json" 2>&1) || true
    expect "of other wines http://${addresses[$1]}:8080 (${names[$1]}) says" "$said" "$2"
}

# expect_on_host INDEX WANTED: the same, asked on the host itself.
expect_on_host() {
    local address=127.0.0.1 said
    if [[ $hosts_mode == flat ]]; then address=${addresses[$1]}; fi
    said=$(on_host "$1" curl --silent --fail --max-time 10 "http://$address:8080/v2/models/wine/infer" \
        --header content-type:application/json --data "@$work/others.json" | "${observe[@]}" classes) || true
    expect "a client on ${names[$1]} itself is answered" "$said" "$2"
}

wine_serves() { muster get deployment wine -o json | "${observe[@]}" serving "$@"; }
receipt_is() { muster rollback receipts "$rollback" -o json | "${observe[@]}" receipt "${names[$1]}" "$2"; }

go_wrong() {
    step "Apply version 4, which passes its probe and is wrong; nobody sees it in the first wave, and the second is opened"
    cp -- "$work/models/others.json" "$work/others.json"
    run muster model push "$work/models/wine-4.0.0" -f "$wine/wine-4.0.0.yaml"
    sed -i -e 's/version: 2\.0\.0/version: 4.0.0/' -e 's/waves: \[1, 100%\]/waves: [1, 2, 100%], bake: 10m/' \
        -e 's/rollback: {stableFor: 2s}/rollback: {stableFor: 1s}/' \
        "$work/deployment.yaml"
    run muster apply -f "$work/deployment.yaml"
    wait_until 120 "one host serves version 4" wine_serves 4.0.0 1
    wait_until 30 "its wave is watched" rollout_is baking
    run muster rollout promote wine --reason "the graphs look good"
    wait_until 120 "two hosts serve version 4" wine_serves 4.0.0 2
    wait_until 30 "their wave is watched" rollout_is baking
    local serving
    serving=$(wine_serves 4.0.0 2)
    lit=$(host_index "${serving%% *}")
    dark=$(host_index "${serving##* }")
    last=$((3 - lit - dark))
    run muster rollout status wine
    say "what the probe asks is answered well; of other wines two hosts tell nonsense:"
    expect "http://${addresses[$lit]}:8080 (${names[$lit]}) answers" "$(predictions "${addresses[$lit]}")" "$version_4"
    expect_others "$lit" "$others_wrong"
    expect_others "$dark" "$others_wrong"
    expect_others "$last" "$others_right"
    run muster where wine@4.0.0
}

rollout_is() {
    muster get rollout wine -o json | python3 -c \
        'import json, sys; said = json.load(sys.stdin)["rollout"]["state"]; sys.exit(None if said == sys.argv[1] else said)' "$1"
}

cut_off() {
    step "One of the two is cut off: it serves on, and nobody can tell it anything"
    host_cut_off "$dark"
    wait_until 120 "the controller knows that ${names[$dark]} cannot be reached" hosts_connected 2
    expect_on_host "$dark" "$others_wrong"
}

take_back() {
    step "Three in the morning: take it back, everywhere"
    run muster rollback wine --plan
    # Without a reason nothing happens.
    run_expecting 64 muster rollback wine --confirm wine
    run muster rollback wine --reason "nonsense about most wines" --confirm wine -w
    rollback=$(muster rollback list -o json | "${observe[@]}" newest)
    receipt_is "$lit" "done" || step_failed "${names[$lit]} has no receipt 'done'"
    receipt_is "$last" unaffected || step_failed "${names[$last]} has no receipt 'unaffected'"
    receipt_is "$dark" offline || step_failed "${names[$dark]} has no receipt 'offline'"
    expect_others "$lit" "$others_right"
    expect_others "$last" "$others_right"
    run muster rollback status "$rollback"
    say "${names[$dark]} does not know yet, and serves on:"
    expect_on_host "$dark" "$others_wrong"
}

apply_again() {
    step "A pipeline applies the wrong version again: nothing comes of it"
    run_seeing "held by" muster plan -f "$work/deployment.yaml"
    run_seeing "held by" muster apply -f "$work/deployment.yaml"
    run muster hold list
}

come_back() {
    step "The host returns: it goes back to its own target, without anybody's doing"
    local took joined
    joined=$(date +%s.%N)
    host_join "$dark"
    wait_until 240 "${names[$dark]} has its receipt" receipt_is "$dark" "done"
    took=$(muster rollback receipts "$rollback" -o json |
        "${observe[@]}" welcomed "$work/logs/${names[$dark]}.log" "${names[$dark]}" "$joined")
    # Without the endpoint's switch a host starts the model twice: once to prove it, once on its own port.
    [[ $hosts_mode == flat || ${took%.*} -lt 15 ]] || step_failed "from its Welcome to the proof ${names[$dark]} took $took s, and not at most 15 s"
    say "seen: ${names[$dark]} was back, proven, $took s after its Welcome"
    local index
    for index in 0 1 2; do expect_others "$index" "$others_right"; done
}

look_back() {
    step "In the morning: who served what, and who says so"
    run muster rollback receipts "$rollback"
    muster rollback receipts "$rollback" -o json | "${observe[@]}" audited || step_failed "a receipt names no audit record"
    say "seen: every receipt names its record in the audit"
    run muster where wine
    run muster host history "${names[$dark]}"
    run muster rollback list
}

rehearse() {
    step "By day: a rehearsal on one host, back and forth again; clients see nothing of it"
    clients_start
    run muster rollback drill wine --percent 30 -w
    clients_end
    wait_until 60 "every host serves version 2 again" deployment_serves 2.0.0
    run muster rollback status
}

# deployment_serves VERSION: whether all three hosts serve it.
deployment_serves() { wine_serves "$1" 3; }
