#include "platform/relay/public_events.h"

#include "lienthong/kernel/v1/values.pb.h"
#include "lienthong/options/v1/options.pb.h"
#include "platform/base/encoding.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <memory>

namespace lienthong::relay {
namespace {

namespace options = ::lienthong::options::v1;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;

constexpr std::string_view kPrefix = "EVENT_TYPE_";

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

std::string snake_case(std::string_view upper) {
  std::string out(upper);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

std::string camel_case(std::string_view upper) {
  std::string out;
  bool begins = true;
  for (const char c : upper) {
    if (c != '_') out += begins ? c : lower(c);
    begins = c == '_';
  }
  return out;
}

bool may_be_personal(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      // What nobody marked stays inside as well.
      return field.options().GetExtension(options::personal) != options::PERSONAL_NONE;
    case FieldDescriptor::CPPTYPE_MESSAGE: return field.message_type() == kernel::v1::SealedRef::descriptor();
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_BOOL:
    case FieldDescriptor::CPPTYPE_ENUM: return false;
  }
  return true;
}

Error unreadable(const LedgerPartition& partition, const block::Block& block, const char* what) {
  const std::string where =
      partition.topic() + "[" + std::to_string(partition.partition) + "] block " + std::to_string(block.header().block_seq);
  return {ErrorCode::kDataLoss, "LEDGER_FAULT", "Sổ cái không đọc được (" + where + "); hãy báo đơn vị vận hành.",
          "The ledger can't be read (" + where + ": " + what + "); tell the operators."};
}

std::string to_rfc3339(Instant time) {
  const auto days = std::chrono::floor<std::chrono::days>(std::chrono::microseconds(time.micros));
  const std::chrono::year_month_day date{std::chrono::sys_days(days)};
  const std::chrono::hh_mm_ss clock(std::chrono::microseconds(time.micros) - days);
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text.data();
}

}  // namespace

void clear_personal(Message& message) {
  const auto& reflection = *message.GetReflection();
  reflection.MutableUnknownFields(&message)->Clear();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const auto* field : fields) {
    if (may_be_personal(*field)) {
      reflection.ClearField(&message, field);
    } else if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      continue;
    } else if (field->is_repeated()) {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i)
        clear_personal(*reflection.MutableRepeatedMessage(&message, field, i));
    } else {
      clear_personal(*reflection.MutableMessage(&message, field));
    }
  }
}

Result<PublicEvents> PublicEvents::make(LedgerName service, const std::string& province,
                                        const google::protobuf::EnumDescriptor& event_types) {
  PublicEvents events;
  events.source_ = "//" + province + ".lienthong/" + service;
  std::ranges::replace(service, '-', '_');
  for (int i = 0; i < event_types.value_count(); ++i) {
    const auto& value = *event_types.value(i);
    if (value.number() == 0) continue;
    const std::string_view name = std::string_view(value.name()).substr(kPrefix.size());
    const Descriptor* message = event_types.file()->FindMessageTypeByName(camel_case(name));
    if (message == nullptr || value.number() >= static_cast<int>(events.types_.size())) {
      return failure({ErrorCode::kInvalidArgument, "MALFORMED", "Sự kiện " + value.name() + " không có thông điệp.",
                      "The event " + value.name() + " has no message."});
    }
    if (message->options().GetExtension(options::visibility) != options::VISIBILITY_PUBLIC) continue;
    events.types_[static_cast<std::size_t>(value.number())] = {MessageFactory::generated_factory()->GetPrototype(message),
                                                               "vn.lienthong." + service + "." + snake_case(name) + ".v1"};
    events.mask_ |= mask_of(static_cast<std::uint32_t>(value.number()));
  }
  return events;
}

EventMask PublicEvents::type_mask(std::string_view type) const {
  for (std::uint32_t number = 0; number < types_.size(); ++number) {
    if (types_[number].prototype != nullptr && types_[number].name == type) return mask_of(number);
  }
  return 0;
}

Result<std::vector<PublicEvent>> PublicEvents::of_leaf(const LedgerPartition& partition, const block::Block& block,
                                                       std::size_t leaf, EventMask wanted) const {
  std::vector<PublicEvent> out;
  wanted &= mask_;
  if ((block.leaf_events(leaf) & wanted) == 0) return out;
  block::v1::Leaf decision;
  const auto bytes = block.leaf_bytes(leaf);
  if (!decision.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return failure(unreadable(partition, block, "leaf"));
  for (int i = 0; i < decision.events_size(); ++i) {
    const auto& event = decision.events(i);
    if (event.type() >= types_.size() || (mask_of(event.type()) & wanted) == 0) continue;
    const auto& type = types_[event.type()];
    const std::unique_ptr<Message> message(type.prototype->New());
    if (!message->ParseFromString(event.payload())) return failure(unreadable(partition, block, type.name.c_str()));
    clear_personal(*message);
    out.push_back({to_hex(block.header().ledger_id.view()) + "/" + std::to_string(partition.partition) + "/" +
                       std::to_string(block.header().block_seq) + "/" + std::to_string(leaf) + "." + std::to_string(i),
                   source_, type.name, to_base32(decision.dossier_id()), Instant{event.occurred_at()},
                   Instant{block.core().decided_at()}, message->GetDescriptor()->full_name(),
                   block::encode_message(*message)});
  }
  return out;
}

ports::PublicMessage to_message(const PublicEvent& event) {
  return {event.subject,
          {{"ce_specversion", "1.0"},
           {"ce_id", event.id},
           {"ce_source", event.source},
           {"ce_type", event.type},
           {"ce_subject", event.subject},
           {"ce_time", to_rfc3339(event.time)},
           {"ce_recordedtime", to_rfc3339(event.recorded_time)},
           {"ce_dataschema", event.data_schema},
           {"content-type", "application/protobuf"}},
          event.data};
}

}  // namespace lienthong::relay
