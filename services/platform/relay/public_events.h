#pragma once

#include "platform/base/decision.h"
#include "platform/base/instant.h"
#include "platform/base/position.h"
#include "platform/base/result.h"
#include "platform/block/block.h"
#include "platform/ports/publisher.h"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace google::protobuf {
class Descriptor;
class EnumDescriptor;
class Message;
}  // namespace google::protobuf

namespace lienthong::relay {

/// One event as everybody with access to the public topic may see it; the attributes are those of CloudEvents 1.0.
struct PublicEvent {
  std::string id;           ///< `<ledger id, hex>/<partition>/<block_seq>/<leaf>.<event>`; the same for every repetition.
  std::string source;       ///< `//<province>.lienthong/<service>`
  std::string type;         ///< `vn.lienthong.<service>.<event_in_snake_case>.v1`
  std::string subject;      ///< The dossier: the 26 characters of its id behind the home key.
  Instant time;             ///< When it happened.
  Instant recorded_time;    ///< When it was decided.
  std::string data_schema;  ///< Full name of the protobuf message in `data`.
  std::string data;         ///< Encoded, without what may say something about a person.
};

/// Makes public events of a service's decisions. Public is an event whose message says so; of it every field that may hold
/// something about a person, every reference to sealed content and everything unknown is left out.
/// Thread-safety: immutable.
class PublicEvents {
 public:
  /// `event_types`: the service's EventType; the value EVENT_TYPE_LEG_ACCEPTED belongs to the message LegAccepted beside it.
  /// Errors: kInvalidArgument when a value has no such message or is above 63.
  static Result<PublicEvents> make(LedgerName service, const std::string& province,
                                   const google::protobuf::EnumDescriptor& event_types);

  /// Set of the public event types; a leaf without one of them has nothing to tell.
  EventMask mask() const { return mask_; }
  /// Set of the one public event type with this CloudEvents type; empty when there is none.
  EventMask type_mask(std::string_view type) const;

  /// Public events of the leaf with one of the wanted types, in their order. `block` must be effective.
  /// Errors: kDataLoss when the leaf or an event can't be read.
  Result<std::vector<PublicEvent>> of_leaf(const LedgerPartition& partition, const block::Block& block, std::size_t leaf,
                                           EventMask wanted = ~EventMask{0}) const;

 private:
  struct Type {
    const google::protobuf::Message* prototype = nullptr;
    std::string name;
  };
  std::string source_;
  std::array<Type, 64> types_{};
  EventMask mask_ = 0;
};

/// Topic that everybody with a permission may read; partition p holds what partition p of the ledgers tells.
inline constexpr const char* kPublicTopic = "lienthong.events.v1";

/// The event as CloudEvents 1.0 in binary mode of the Kafka binding; the key is the dossier.
ports::PublicMessage to_message(const PublicEvent& event);

/// Clears in `message` and everything inside of it what must not leave the system.
void clear_personal(google::protobuf::Message& message);

}  // namespace lienthong::relay
