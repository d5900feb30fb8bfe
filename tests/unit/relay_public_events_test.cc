#include "lienthong/agency/v1/events.pb.h"
#include "lienthong/catalogue/v1/events.pb.h"
#include "lienthong/intake/v1/events.pb.h"
#include "lienthong/kernel/v1/values.pb.h"
#include "lienthong/options/v1/options.pb.h"
#include "lienthong/routing/v1/events.pb.h"
#include "platform/relay/public_events.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

/// What leaves the system: public events only, and of these nothing that may say something about a person.
namespace lienthong::relay {
namespace {

namespace options = ::lienthong::options::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

const LedgerPartition kWhere{"intake", 3};
constexpr Instant kDecided{1'700'000'000'000'000};
constexpr Instant kHappened{1'699'999'999'000'000};

struct Service {
  LedgerName name;
  const google::protobuf::EnumDescriptor* types;
};

std::vector<Service> services() {
  return {{"intake", intake::v1::EventType_descriptor()},
          {"routing", routing::v1::EventType_descriptor()},
          {"agency-processing", agency::v1::EventType_descriptor()},
          {"catalogue", catalogue::v1::EventType_descriptor()}};
}

/// Gives every field a value, to a depth of four.
void fill(Message& message, int depth = 4) {
  const auto& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const auto* field = message.GetDescriptor()->field(i);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      if (field->is_repeated()) {
        reflection.AddString(&message, field, "CANARY");
      } else {
        reflection.SetString(&message, field, "CANARY");
      }
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && depth > 0) {
      fill(field->is_repeated() ? *reflection.AddMessage(&message, field) : *reflection.MutableMessage(&message, field),
           depth - 1);
    }
  }
  reflection.MutableUnknownFields(&message)->AddLengthDelimited(50'000, "CANARY");
}

/// Names of the fields that must not be there.
void find_personal(const Message& message, std::vector<std::string>& found) {
  const auto& reflection = *message.GetReflection();
  if (!reflection.GetUnknownFields(message).empty()) found.push_back(message.GetTypeName() + ": unknown");
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
        field->options().GetExtension(options::personal) != options::PERSONAL_NONE)
      found.push_back(field->full_name());
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (field->message_type()->full_name() == "lienthong.kernel.v1.SealedRef") found.push_back(field->full_name());
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int n = 0; n < count; ++n) {
      find_personal(
          field->is_repeated() ? reflection.GetRepeatedMessage(message, field, n) : reflection.GetMessage(message, field),
          found);
    }
  }
}

std::unique_ptr<Message> message_of(const std::string& full_name) {
  const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(full_name);
  return descriptor == nullptr ? nullptr
                               : std::unique_ptr<Message>(
                                     google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
}

/// A block with one leaf that holds these events.
block::BlockPtr block_with(const std::vector<std::pair<std::uint32_t, std::string>>& events) {
  block::v1::Leaf leaf;
  leaf.set_dossier_id(std::string(16, '\0'));
  EventMask mask = 0;
  for (const auto& [type, payload] : events) {
    auto& event = *leaf.add_events();
    event.set_type(type);
    event.set_payload(payload);
    event.set_occurred_at(kHappened.micros);
    mask |= mask_of(type);
  }
  block::Header header;
  header.ledger_id.bytes.fill(0xAB);
  header.block_seq = 17;
  block::v1::Core core;
  core.set_decided_at(kDecided.micros);
  core.add_leaf_events(mask);
  return *block::parse(kWhere, block::encode(header, core, {block::encode_message(leaf)}));
}

TEST(PublicEventsTest, TellEveryPublicEventAndNoOther) {
  for (const auto& service : services()) {
    const auto events = PublicEvents::make(service.name, "h47", *service.types);
    ASSERT_TRUE(events) << service.name << ": " << events.error().message_en;
    for (int i = 0; i < service.types->value_count(); ++i) {
      const auto number = static_cast<std::uint32_t>(service.types->value(i)->number());
      if (number == 0) continue;
      const auto told = events->of_leaf(kWhere, *block_with({{number, ""}}), 0);
      ASSERT_TRUE(told);
      const bool is_public = (events->mask() & mask_of(number)) != 0;
      EXPECT_EQ(told->size(), is_public ? 1U : 0U) << service.types->value(i)->name();
      if (!is_public) continue;
      const auto message = message_of(told->front().data_schema);
      ASSERT_NE(message, nullptr);
      EXPECT_EQ(message->GetDescriptor()->options().GetExtension(options::visibility), options::VISIBILITY_PUBLIC);
    }
  }
}

TEST(PublicEventsTest, LeaveOutWhateverMaySaySomethingAboutAPerson) {
  std::size_t checked = 0;
  for (const auto& service : services()) {
    const auto events = PublicEvents::make(service.name, "h47", *service.types);
    ASSERT_TRUE(events);
    for (std::uint32_t number = 1; number < 64; ++number) {
      if ((events->mask() & mask_of(number)) == 0) continue;
      const auto empty = events->of_leaf(kWhere, *block_with({{number, ""}}), 0);
      ASSERT_TRUE(empty);
      const auto full = message_of(empty->front().data_schema);
      fill(*full);
      std::vector<std::string> planted;
      find_personal(*full, planted);
      EXPECT_FALSE(planted.empty()) << "the canary is not seen in " << empty->front().data_schema;
      const auto told = events->of_leaf(kWhere, *block_with({{number, full->SerializeAsString()}}), 0);
      ASSERT_TRUE(told);
      const auto seen = message_of(told->front().data_schema);
      ASSERT_TRUE(seen->ParseFromString(told->front().data));
      std::vector<std::string> found;
      find_personal(*seen, found);
      EXPECT_THAT(found, IsEmpty()) << told->front().data_schema;
      ++checked;
    }
  }
  EXPECT_GE(checked, 20U);
}

TEST(PublicEventsTest, CarryTheAttributesOfCloudEvents) {
  const auto events = PublicEvents::make("intake", "h47", *intake::v1::EventType_descriptor());
  ASSERT_TRUE(events);
  intake::v1::StatusChanged changed;
  changed.set_from_status(2);
  changed.set_to_status(4);
  const auto told = events->of_leaf(kWhere,
                                    *block_with({{intake::v1::EVENT_TYPE_INPUT_SET_ASIDE, ""},
                                                 {intake::v1::EVENT_TYPE_STATUS_CHANGED, changed.SerializeAsString()}}),
                                    0);
  ASSERT_TRUE(told);
  ASSERT_EQ(told->size(), 1U);
  const auto& event = told->front();
  EXPECT_EQ(event.id, "abababababababababababababababab/3/17/0.1");
  EXPECT_EQ(event.source, "//h47.lienthong/intake");
  EXPECT_EQ(event.type, "vn.lienthong.intake.status_changed.v1");
  EXPECT_EQ(event.subject, "00000000000000000000000000");
  EXPECT_EQ(event.time, kHappened);
  EXPECT_EQ(event.recorded_time, kDecided);
  EXPECT_EQ(event.data_schema, "lienthong.intake.v1.StatusChanged");
  EXPECT_EQ(event.data, changed.SerializeAsString());

  const auto message = to_message(event);
  EXPECT_EQ(message.key, event.subject);
  EXPECT_EQ(message.value, event.data);
  EXPECT_THAT(message.headers, IsSupersetOf({std::pair<std::string, std::string>{"ce_specversion", "1.0"},
                                             {"ce_id", event.id},
                                             {"ce_dataschema", event.data_schema},
                                             {"content-type", "application/protobuf"}}));
  PublicEvent later;
  later.time = Instant{1'790'000'000'000'005};
  EXPECT_THAT(to_message(later).headers,
              Contains(std::pair<std::string, std::string>{"ce_time", "2026-09-21T14:13:20.000005Z"}));
}

TEST(PublicEventsTest, SayWhenTheLedgerCannotBeRead) {
  const auto events = PublicEvents::make("intake", "h47", *intake::v1::EventType_descriptor());
  ASSERT_TRUE(events);
  const auto told = events->of_leaf(kWhere, *block_with({{intake::v1::EVENT_TYPE_STATUS_CHANGED, "\xFF"}}), 0);
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().code, ErrorCode::kDataLoss);
}

}  // namespace
}  // namespace lienthong::relay
