#pragma once

#include "lienthong/ledger/v1/ledger.pb.h"
#include "platform/base/result.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What every codec of a service has to keep, whatever the service.
namespace lienthong::test_support {

template <class Event, class Encode, class Decode>
void expect_events_survive(const std::vector<Event>& samples, Encode encode, Decode decode) {
  ASSERT_EQ(samples.size(), std::variant_size_v<decltype(Event::body)>) << "one sample per alternative";
  for (std::size_t i = 0; i < samples.size(); ++i) {
    EXPECT_EQ(samples[i].body.index(), i);
    ledger::v1::Event wire;
    encode(samples[i], wire);
    EXPECT_GT(wire.type(), 0U);
    EXPECT_LT(wire.type(), 64U);
    EXPECT_EQ(wire.occurred_at(), samples[i].occurred_at.micros);
    const auto back = decode(wire);
    ASSERT_TRUE(back) << back.error().message_en;
    EXPECT_TRUE(*back == samples[i]) << "alternative " << i;
    ledger::v1::Event again;
    encode(*back, again);
    EXPECT_EQ(again.payload(), wire.payload()) << "alternative " << i;
  }
}

/// An own event that can't be read is an error, never a crash or something else.
template <class Event, class Encode, class Decode>
void expect_broken_events_are_refused(const std::vector<Event>& samples, Encode encode, Decode decode) {
  ledger::v1::Event unknown;
  unknown.set_type(63);
  EXPECT_FALSE(decode(unknown));
  for (const auto& sample : samples) {
    ledger::v1::Event wire;
    encode(sample, wire);
    wire.set_payload("\xff\xff\xff\xff");
    const auto back = decode(wire);
    ASSERT_FALSE(back);
    EXPECT_EQ(back.error().code, ErrorCode::kInvalidArgument);
  }
}

template <class Body, class Encode, class Decode>
void expect_commands_survive(const std::vector<Body>& samples, Encode encode, Decode decode) {
  ASSERT_EQ(samples.size(), std::variant_size_v<Body>) << "one sample per alternative";
  for (std::size_t i = 0; i < samples.size(); ++i) {
    EXPECT_EQ(samples[i].index(), i);
    for (const std::optional<Instant>& at :
         {std::optional<Instant>{}, std::optional<Instant>{Instant{1'772'413'200'000'001}}}) {
      const auto wire = encode(samples[i], at);
      const auto back = decode(wire.type, wire.body);
      ASSERT_TRUE(back) << back.error().message_en;
      EXPECT_TRUE(back->body == samples[i]) << "alternative " << i;
      EXPECT_EQ(back->occurred_at, at);
      EXPECT_FALSE(decode(wire.type, "\xff\xff\xff\xff"));
    }
  }
  EXPECT_FALSE(decode(0U, std::string()));
  EXPECT_FALSE(decode(999U, std::string()));
}

}  // namespace lienthong::test_support
