#!/bin/sh
# A rail in shell: writes each transfer to a file, once (docs/RAILS.md).
#
# usage: settle payouts process --rail command -- scripts/rails/pay.sh FILE
#
# The simplest rail that is still safe: a transfer that stands in FILE is not written again, and `lookup` finds it.
# Fields are cut out of the line with sed: settle writes the keys in the order of the alphabet, and ids without quotes.
file=${1:?usage: pay.sh FILE}
touch "$file" || exit 1

field() { printf '%s\n' "$line" | sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }
reply() { printf '{"transfer_id":"%s","result":"%s","external_id":"%s","code":"%s"}\n' "$id" "$1" "$2" "$3"; }

while IFS= read -r line; do
  id=$(field transfer_id)
  place=$(grep -n "^$id," "$file" | head -n 1 | cut -d: -f1)
  case $(field op) in
    transfer)
      if [ -z "$place" ]; then
        printf '%s,%s,%s,%s\n' "$id" "$(field amount)" "$(field currency)" "$(field destination)" >>"$file" || exit 1
        sync "$file" || exit 1
        place=$(grep -n "^$id," "$file" | head -n 1 | cut -d: -f1)
      fi
      reply ok "sh-$place" "" ;;
    lookup)
      if [ -n "$place" ]; then reply ok "sh-$place" ""; else reply permanent "" not_found; fi ;;
    *) reply permanent "" unsupported ;;
  esac
done
