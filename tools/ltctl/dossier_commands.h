#pragma once

#include "tools/ltctl/session.h"

#include <CLI/CLI.hpp>

namespace lienthong::ltctl {

/// `dossier submit|receive|list|show|erase`
void add_dossier_commands(CLI::App& root, Session& session);

}  // namespace lienthong::ltctl
