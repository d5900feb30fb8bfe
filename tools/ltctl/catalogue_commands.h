#pragma once

#include "tools/ltctl/session.h"

#include <CLI/CLI.hpp>

namespace lienthong::ltctl {

/// `catalogue check|import|show`
void add_catalogue_commands(CLI::App& root, Session& session);

}  // namespace lienthong::ltctl
