#pragma once

#include "platform/base/result.h"
#include "postal_dispatch/adapters/carrier_connection.h"
#include "shared_kernel/home_key.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lienthong::postal_dispatch {

/// Where the post finds a desk.
struct Office {
  std::string name;  ///< Empty: as in the catalogue.
  std::string phone;
  std::string address;
};

/// How one carrier is reached and reaches us: `connection` of its file.
struct CarrierSettings {
  HttpCarrier http;
  std::string principal;                  ///< Who its scans come from; needs `post.scan`.
  std::string province;                   ///< Of the desks.
  std::string phone;                      ///< Of desks without one of their own.
  std::map<std::string, Office> offices;  ///< By home key.
  std::chrono::milliseconds retry_first{1000};
  std::chrono::milliseconds retry_max{300'000};
  /// 0: it is not asked for scans.
  std::uint32_t polls_per_day = 0;
  std::chrono::milliseconds poll_every{60'000};
  /// How long a scan of an item nobody knows is tried again: its order may still be on its way to the ledger.
  std::chrono::milliseconds unknown_item_patience{120'000};
  /// Keys of its pushes; empty: it does not push. The path is `/carriers/<id>/scans`.
  std::string push_keys_file;
};

/// Of the carriers in `directory` that have a connection. Errors: kInvalidArgument, naming file and setting.
Result<std::vector<CarrierSettings>> read_carrier_settings(const std::string& directory);
/// Of one file; nothing: it has no connection.
Result<std::vector<CarrierSettings>> parse_carrier_settings(const std::string& file, const std::string& text);

}  // namespace lienthong::postal_dispatch
