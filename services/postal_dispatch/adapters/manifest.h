#pragma once

#include "platform/base/result.h"
#include "postal_dispatch/core/post.h"

#include <string>
#include <vector>

namespace lienthong::postal_dispatch {

/// What a bag's QR code says: the item number and the first 16 hexadecimal digits of the SHA-256 of its manifest, so that
/// a paper that lies beside the bag can be told from another one's.
std::string manifest_code(const DossierName& name, const Bag& bag);
/// Rows of a QR code, true is black; without a quiet zone. Errors: kInvalidArgument when the text is too long.
Result<std::vector<std::vector<bool>>> qr_rows(const std::string& text);

/// The manifest to print, in Vietnamese, at most 100 columns. Errors: as qr_rows.
Result<std::string> manifest_text(const DossierName& name, const Bag& bag);
/// The same for machines; `qr` holds the code's text and its rows. Errors: as qr_rows.
Result<std::string> manifest_json(const DossierName& name, const Bag& bag);

}  // namespace lienthong::postal_dispatch
