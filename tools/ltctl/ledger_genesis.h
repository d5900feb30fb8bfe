#pragma once

#include "tools/ltctl/session.h"

#include <CLI/CLI.hpp>

namespace lienthong::ltctl {

/// `ledger genesis`: makes the topics (or the file) of all ledgers with their settings and, on a broker with TLS, the
/// services' permissions, and writes block 0 of every partition that has none.
void add_genesis_command(CLI::App& ledger, Session& session);
/// `kafka-ready`: waits until a broker answers.
void add_kafka_ready_command(CLI::App& root, Session& session);

}  // namespace lienthong::ltctl
