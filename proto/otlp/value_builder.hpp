// SPDX-License-Identifier: Apache-2.0
// Any message as the values of OTLP: an object becomes a list of keys and values, a list an array. Names, enums and
// addresses are those of docs/formats/jsonl.md. Bounded: what is too large or too deep is not built to its end.
#pragma once

#include <cstddef>
#include <vector>

#include "message_walker.hpp"
#include "otlp/messages.hpp"

namespace sonde::schema::otlp {

class value_builder final : public message_sink {
public:
    // Each level takes up to five messages of OTLP, and many receivers read no more than a hundred.
    static constexpr std::size_t most_levels = 10;
    static constexpr std::size_t most_values = 65'536;

    // The members of the outermost message go into `root`.
    explicit value_builder(pb::KeyValueList& root) : root_(&root) {}

    // The bounds were reached: what is in the root is a part.
    [[nodiscard]] bool is_partial() const noexcept { return is_partial_; }

    void member(const field_plan& field) override { begin(field.name); }
    void entry(std::string_view key) override { begin(key); }
    void element() override;
    void scalar(const field_plan& field, const wire::field& value) override;
    void open_object() override;
    void close_object() override { close(); }
    void open_list() override;
    void close_list() override { close(); }

private:
    struct level {
        pb::KeyValueList* members = nullptr;  // or
        pb::ArrayValue* elements = nullptr;
    };
    void begin(std::string_view key);
    void close();
    [[nodiscard]] bool has_room();

    pb::KeyValueList* root_;
    std::vector<level> open_;
    pb::AnyValue* slot_ = nullptr;  // where the next value goes
    std::size_t values_ = 0;
    std::size_t objects_ = 0;  // open ones
    bool is_partial_ = false;
};

// A number of any size: beyond what OTLP's integers hold, as text.
void set_number(std::uint64_t number, pb::AnyValue& to);

}  // namespace sonde::schema::otlp
