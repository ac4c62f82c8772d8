// SPDX-License-Identifier: Apache-2.0
// One raw payload at a time through its decoder.
#pragma once

#include <string>
#include <string_view>

#include "enrich_context/decode/registry.hpp"
#include "fixture.hpp"

namespace sonde::enrich_context::testing {

using decode::severity;
using decode::verdict;

class Decode : public ::testing::Test {
protected:
    decode::decoded said;
    std::string payload;

    verdict of(std::string_view content_type, const google::protobuf::Message& message,
               std::string_view source = "test_source") {
        payload = message.SerializeAsString();
        schema::envelope_view envelope;
        envelope.content_type = content_type;
        envelope.revision = 1;
        envelope.time = 1000;
        envelope.data = bytes_of(payload);
        envelope.resource.node_name = "node-1";
        envelope.resource.source = source;
        return decode::decode(envelope, said);
    }
};

}  // namespace sonde::enrich_context::testing
