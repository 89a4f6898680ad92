#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Format, vet, tests with the race detector, and a module of somebody else that uses the binding.
# Everything is built with the race detector, since the standard library is then compiled once only.
# Nothing is downloaded, and nothing written outside BUILD.
# usage: run_go_tests.sh GO BUILD PREFIX LIBDIR
set -euo pipefail

go=$1 build=$2 prefix=$3 libdir=$4
cd "$(dirname "$(readlink -f "$0")")"

export GOCACHE=$build/go/cache GOPATH=$build/go/path GOFLAGS=-mod=mod GOPROXY=off GOTOOLCHAIN=local GOWORK=off
export CGO_ENABLED=1 PKG_CONFIG_PATH=$prefix/$libdir/pkgconfig CGO_LDFLAGS=-Wl,-rpath,$prefix/$libdir
export BERTH_COMMAND=$prefix/bin/berth
"$go" version

gofmt=$("$go" env GOROOT)/bin/gofmt
unformatted=$("$gofmt" -l .)
if [ -n "$unformatted" ]; then
  echo "not as gofmt has it: $unformatted"
  exit 1
fi
"$go" test -vet=all -race -count=1 ./...

user=$build/go/user
rm -rf "$user"
mkdir -p "$user"
cat >"$user/go.mod" <<END
module user.invalid/user

go 1.19

require berth.invalid/berth v0.0.0

replace berth.invalid/berth => $PWD
END
cat >"$user/user.go" <<'END'
package main

import (
	"context"
	"fmt"
	"os"

	"berth.invalid/berth"
)

func main() {
	inventory, err := berth.ReadInventory(context.Background(), nil, os.Args[1])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	plan, err := berth.Solve(context.Background(), inventory, nil)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(plan.Goal(), plan.Outcome(), len(plan.Steps()))
}
END
said=$(cd "$user" && "$go" run -race . "$OLDPWD/../../datasets/fragmentation.xml")
echo "another module: $said"
[ "$said" = "failover optimal 2" ]
