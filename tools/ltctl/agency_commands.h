#pragma once

#include "tools/ltctl/session.h"

#include <CLI/CLI.hpp>

namespace lienthong::ltctl {

/// `agency serve`
void add_agency_commands(CLI::App& root, Session& session);

}  // namespace lienthong::ltctl
