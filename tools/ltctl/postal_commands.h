#pragma once

#include "tools/ltctl/session.h"

#include <CLI/CLI.hpp>

namespace lienthong::ltctl {

/// `shipment`: where paper is, shipments and scans. `bag`: make, seal, open, print.
void add_postal_commands(CLI::App& root, Session& session);

}  // namespace lienthong::ltctl
