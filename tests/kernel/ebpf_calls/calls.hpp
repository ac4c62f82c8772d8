// SPDX-License-Identifier: Apache-2.0
// The collector with single calls switched on, on each of the kinds of programs that can tell their outcome.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <sys/stat.h>

#include "ebpf_process/kernel_objects.hpp"
#include "ebpf_process/live_collector.hpp"
#include "sonde/v1/kernel_event.pb.h"

namespace sonde::ebpf::test {

template <class Message>
Message payload_of(const testing::envelope_record& record) {
    Message event;
    EXPECT_TRUE(event.ParseFromArray(record.data.data(), static_cast<int>(record.data.size())));
    return event;
}

// Names of programs that are loaded by this process.
inline std::vector<std::string> programs_of_ours() {
    std::vector<std::string> names;
    for (const std::uint32_t id : objects_of(::getpid()).programs) {
        const int fd = ::bpf_prog_get_fd_by_id(id);
        bpf_prog_info info{};
        std::uint32_t size = sizeof info;
        if (fd >= 0 && ::bpf_obj_get_info_by_fd(fd, &info, &size) == 0) {
            names.emplace_back(info.name);
        }
        ::close(fd);
    }
    return names;
}

// The parameter is what must not be used.
class CallsTest : public EbpfTest, public ::testing::WithParamInterface<const char*> {
protected:
    void launch_with(testing::option_texts texts) {
        texts.push_back({"processes", "false"});
        texts.push_back({"without", GetParam()});
        launch(std::move(texts));
    }
    // Whether any program serves the hook.
    bool is_served(const std::string& hook) {
        const auto features = driver.ask("features");
        return features && features->find("\"hook\":\"" + hook + "\"") != std::string::npos &&
               features->find("\"hook\":\"" + hook + "\",\"attached_as\":\"none\"") == std::string::npos;
    }
    template <class Message>
    std::optional<testing::envelope_record> wait_for(const char* topic,
                                                     const std::function<bool(std::uint32_t, const Message&)>& fits) {
        return host.lane.wait_for(
            topic,
            [&](const testing::envelope_record& record) { return fits(record.pid, payload_of<Message>(record)); },
            patience);
    }
};

inline const auto rungs = ::testing::Values("", "fexit", "fexit,tp_btf");
inline std::string rung_name(const ::testing::TestParamInfo<const char*>& of) {
    const std::string without = of.param;
    return without.empty() ? "best" : without == "fexit" ? "without_fexit" : "raw_only";
}

}  // namespace sonde::ebpf::test
