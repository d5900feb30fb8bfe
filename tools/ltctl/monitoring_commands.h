#pragma once

#include "tools/ltctl/session.h"

#include <CLI/CLI.hpp>

namespace lienthong::ltctl {

/// `flow`, `stuck`, `dossier trace` and `dossier watch`: what monitoring shows. After add_dossier_commands.
void add_monitoring_commands(CLI::App& root, Session& session);

}  // namespace lienthong::ltctl
