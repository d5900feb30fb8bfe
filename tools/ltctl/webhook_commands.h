#pragma once

#include "tools/ltctl/session.h"

#include <CLI/CLI.hpp>

namespace lienthong::ltctl {

/// `webhook list|test|resume|replay`
void add_webhook_commands(CLI::App& root, Session& session);

}  // namespace lienthong::ltctl
