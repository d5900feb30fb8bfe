#pragma once

#include "tools/ltctl/session.h"

#include <CLI/CLI.hpp>

namespace lienthong::ltctl {

/// `parked list|try|resume|skip`: dossiers that wait for an operator.
void add_parked_commands(CLI::App& root, Session& session);

}  // namespace lienthong::ltctl
