#pragma once

#include "lienthong/catalogue/v1/messages.pb.h"
#include "shared_kernel/catalogue.h"

namespace lienthong::catalogue {

v1::CatalogueContents encode_contents(const shared_kernel::CatalogueContents& contents);
/// Errors: kInvalidArgument for what no catalogue can hold (unknown action, limit without amount, grant for nobody ...).
Result<shared_kernel::CatalogueContents> decode_contents(const v1::CatalogueContents& wire);

}  // namespace lienthong::catalogue
