#!/bin/bash
# certificates.sh DIRECTORY NAME...: a development CA and one certificate per NAME, made once and then left alone.
#
# NAME is the certificate's common name: a service, an agency's principal, `broker`, `deploy`, `operator`, `demo`, `ltctl`.
# Each certificate may be used as server and as client and names localhost; Kafka's principal and the catalogue's
# principal are read from the common name. Keys are PKCS#8, mode 0600. `broker/broker.pem` holds the broker's key and
# certificate in one file, as Kafka's PEM key store wants it, with `broker/ca.pem` beside it.
# A certificate that ends within 30 days, or that another CA signed, is made anew.
set -euo pipefail

directory=$1
shift
mkdir -p "$directory"
chmod 700 "$directory"
cd "$directory"
umask 077

new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }

if ! { [ -s ca.key ] && openssl x509 -checkend 2592000 -noout -in ca.pem >/dev/null 2>&1; }; then
  rm -f -- *.pem *.key
  new_key ca.key
  openssl req -x509 -new -key ca.key -sha256 -days 3650 -subj "/CN=lienthong-development-ca" \
    -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" -out ca.pem
  chmod 644 ca.pem
  echo "made ca.pem"
fi

for name in "$@"; do
  [[ $name =~ ^[a-z0-9][a-z0-9.-]{0,63}$ ]] || { echo "error: '$name' is no name for a certificate (a-z, 0-9, '.', '-')" >&2; exit 1; }
  if [ -s "$name.key" ] && openssl x509 -checkend 2592000 -noout -in "$name.pem" >/dev/null 2>&1 &&
    openssl verify -CAfile ca.pem "$name.pem" >/dev/null 2>&1; then
    continue
  fi
  new_key "$name.key"
  openssl req -new -key "$name.key" -subj "/CN=$name" -out "$name.csr"
  openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -set_serial "0x$(openssl rand -hex 16)" -days 825 -sha256 \
    -extfile <(printf '%s\n' "basicConstraints=critical,CA:FALSE" "keyUsage=critical,digitalSignature" \
      "extendedKeyUsage=serverAuth,clientAuth" "subjectAltName=DNS:localhost,DNS:$name,IP:127.0.0.1") \
    -out "$name.pem" 2>/dev/null
  rm -f "$name.csr"
  chmod 644 "$name.pem"
  chmod 600 "$name.key"
  if [ "$name" = broker ]; then
    mkdir -p broker
    cat broker.key broker.pem >broker/broker.pem
    cp ca.pem broker/ca.pem
  fi
  echo "made $name.pem"
done
