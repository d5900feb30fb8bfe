#pragma once

#include "platform/base/error.h"

/// What a caller is told of something that is not there, and in the same words of something that is another agency's.
namespace lienthong::postal_dispatch {

Error shipment_not_found();
Error bag_not_found();
Error settlement_not_found();
Error scan_not_found();

}  // namespace lienthong::postal_dispatch
