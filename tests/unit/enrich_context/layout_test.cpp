// SPDX-License-Identifier: Apache-2.0
// The numbers that are read and written on the wire are those of the .proto files.
#include "enrich_context/layout.hpp"

#include <map>

#include <gtest/gtest.h>

#include "enrich_context/decode/decoded.hpp"
#include "enrich_context/store/seam.hpp"
#include "sonde/v1/event.pb.h"
#include "sonde/v1/span.pb.h"

namespace sonde::enrich_context {
namespace {

using numbers = std::map<std::string, std::uint32_t>;

void expect_fields(const google::protobuf::Descriptor& message, const numbers& wanted) {
    for (const auto& [name, number] : wanted) {
        const auto* field = message.FindFieldByName(name);
        ASSERT_NE(field, nullptr) << message.name() << '.' << name;
        EXPECT_EQ(static_cast<std::uint32_t>(field->number()), number) << message.name() << '.' << name;
    }
}

TEST(Layout, is_that_of_the_messages) {
    expect_fields(*v1::UnifiedEvent::descriptor(), {{"type", layout::event::type},
                                                    {"severity", layout::event::severity},
                                                    {"message", layout::event::message},
                                                    {"source", layout::event::source},
                                                    {"context", layout::event::context},
                                                    {"peer", layout::event::peer},
                                                    {"entity_key", layout::event::entity_key},
                                                    {"attributes", layout::event::attributes},
                                                    {"derived", layout::event::derived},
                                                    {"is_amendment", layout::event::is_amendment},
                                                    {"explicit_tags", layout::event::explicit_tags},
                                                    {"source_version", layout::event::source_version},
                                                    {"state_changes", layout::event::state_changes},
                                                    {"resource_state", layout::event::resource_state},
                                                    {"operational", layout::event::operational},
                                                    {"http", layout::event::http},
                                                    {"kubernetes", layout::event::kubernetes},
                                                    {"systemd_unit", layout::event::systemd_unit},
                                                    {"generic", layout::event::generic}});
    expect_fields(*v1::Generic::descriptor(), {{"content_type", layout::generic::content_type},
                                               {"revision", layout::generic::revision},
                                               {"data", layout::generic::data},
                                               {"full_size", layout::generic::full_size}});
    expect_fields(*v1::Context::descriptor(), {{"host", layout::context::host},
                                               {"process", layout::context::process},
                                               {"container", layout::context::container},
                                               {"pod", layout::context::pod},
                                               {"node", layout::context::node},
                                               {"services", layout::context::services},
                                               {"names", layout::context::names},
                                               {"missing", layout::context::missing}});
    expect_fields(*v1::Context_Missing::descriptor(),
                  {{"section", layout::missing::section}, {"reason", layout::missing::reason}});
    expect_fields(
        *v1::ContainerContext::descriptor(),
        {{"id", layout::container::id}, {"started_time_unix_nano", layout::container::started_time_unix_nano}});
    expect_fields(*v1::PodContext::descriptor(),
                  {{"uid", layout::pod::uid}, {"name", layout::pod::name}, {"namespace", layout::pod::in_namespace}});
    expect_fields(*v1::Span::descriptor(), {{"trace_id", layout::span::trace_id},
                                            {"span_id", layout::span::span_id},
                                            {"parent_span_id", layout::span::parent_span_id},
                                            {"name", layout::span::name},
                                            {"kind", layout::span::kind},
                                            {"start_time_unix_nano", layout::span::start_time_unix_nano},
                                            {"end_time_unix_nano", layout::span::end_time_unix_nano},
                                            {"attributes", layout::span::attributes}});
    EXPECT_EQ(layout::span_kind_internal, static_cast<std::uint32_t>(v1::Span::KIND_INTERNAL));
    EXPECT_EQ(layout::span_type, v1::Span::descriptor()->full_name());
}

TEST(Layout, of_sections_is_that_of_the_messages) {
    expect_fields(*v1::StateChange::descriptor(), {{"name", layout::state_change::name},
                                                   {"previous", layout::state_change::previous},
                                                   {"current", layout::state_change::current},
                                                   {"since_unix_nano", layout::state_change::since_unix_nano},
                                                   {"previous_duration", layout::state_change::previous_duration}});
    expect_fields(*v1::ResourceState::descriptor(), {{"field", layout::resource_state::field_name},
                                                     {"desired", layout::resource_state::desired},
                                                     {"actual", layout::resource_state::actual},
                                                     {"divergences", layout::resource_state::divergences},
                                                     {"generation_lag", layout::resource_state::generation_lag}});
    expect_fields(*v1::ResourceState_Divergence::descriptor(), {{"field", layout::divergence::field_name},
                                                                {"desired", layout::divergence::desired},
                                                                {"actual", layout::divergence::actual}});
    expect_fields(*v1::OperationalState::descriptor(),
                  {{"p50", layout::operational::p50},
                   {"p90", layout::operational::p90},
                   {"p95", layout::operational::p95},
                   {"p99", layout::operational::p99},
                   {"mean", layout::operational::mean},
                   {"requests_per_second", layout::operational::requests_per_second},
                   {"availability", layout::operational::availability}});
}

TEST(Layout, enumerations_have_the_numbers_of_the_messages) {
    const std::pair<decode::severity, v1::SeverityNumber> severities[] = {
        {decode::severity::trace, v1::SEVERITY_NUMBER_TRACE},   {decode::severity::debug, v1::SEVERITY_NUMBER_DEBUG},
        {decode::severity::info, v1::SEVERITY_NUMBER_INFO},     {decode::severity::info2, v1::SEVERITY_NUMBER_INFO2},
        {decode::severity::warn, v1::SEVERITY_NUMBER_WARN},     {decode::severity::error, v1::SEVERITY_NUMBER_ERROR},
        {decode::severity::error2, v1::SEVERITY_NUMBER_ERROR2}, {decode::severity::error3, v1::SEVERITY_NUMBER_ERROR3},
        {decode::severity::fatal, v1::SEVERITY_NUMBER_FATAL},
    };
    for (const auto& [own, wanted] : severities) {
        EXPECT_EQ(static_cast<int>(own), wanted);
    }
    EXPECT_EQ(v1::SeverityNumber_MAX, 24) << "as many as the data model of OpenTelemetry has";
    EXPECT_EQ(static_cast<int>(reason::timed_out), v1::Context_Missing_Reason_REASON_TIMED_OUT);
    EXPECT_EQ(static_cast<int>(reason::no_source), v1::Context_Missing_Reason_REASON_NO_SOURCE);
    EXPECT_EQ(static_cast<int>(layout::missing::section_of::service), v1::Context_Missing_Section_SECTION_SERVICE);
}

}  // namespace
}  // namespace sonde::enrich_context
