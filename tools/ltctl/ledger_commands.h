#pragma once

#include "tools/ltctl/session.h"

#include <CLI/CLI.hpp>

namespace lienthong::ltctl {

/// `ledger genesis|head|dump|verify` and `kafka-ready`: they read the ledgers themselves and ask no service.
void add_ledger_commands(CLI::App& root, Session& session);

}  // namespace lienthong::ltctl
