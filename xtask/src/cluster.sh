# Creates a PostgreSQL cluster in the empty directory $1, runs it, and stops and
# deletes it when standard input closes.
#
# Standard input is a pipe from the process of `cluster.rs`: it closes when that
# process ends for any reason, `kill -9` included. So nothing remains, and no signal
# handler is needed.
#
# $1 private directory       $2 folder of the PostgreSQL programs
# $3 lines for postgresql.conf   $4 flags for initdb
set -eu
umask 077
dir=$1 bin=$2 settings=$3 flags=$4
cd "$dir"

leave() {
    status=$?
    [ "$status" = 0 ] || tail -n 30 log >&2 || true
    cd /
    rm -rf "$dir"
}
trap leave EXIT

# A certificate for 127.0.0.1 and the authority that signed it. They are separate,
# because strict clients do not accept an authority as the server's certificate.
make_certificates() {
    new="req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    openssl $new -x509 -days 7 -subj "/CN=Test authority" -keyout ca.key -out ca.crt
    openssl $new -subj "/CN=localhost" -keyout server.key -out server.csr
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n' >server.ext
    openssl x509 -req -days 7 -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial \
        -extfile server.ext -out server.crt
}

case $settings in
    *"ssl = on"*) make_certificates >log 2>&1 </dev/null ;;
esac
"$bin/initdb" --pgdata=data --username=postgres --auth=trust --encoding=UTF8 --locale=C $flags \
    >>log 2>&1 </dev/null
printf '%s\n' "$settings" >>data/postgresql.conf
"$bin/postgres" -D data >>log 2>&1 </dev/null &
server=$!
until grep -qs '^ready' data/postmaster.pid; do
    kill -0 "$server" 2>/dev/null || exit 1
    sleep 0.05
done
echo "$server"

read -r _ || true
kill -QUIT "$server" # immediate, without a checkpoint: the data is deleted
wait "$server" || true
