// SPDX-License-Identifier: Apache-2.0
// A proc, a sys and a root file system in a temporary directory, which a test writes.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace sonde::host_metrics {

class fake_root {
public:
    fake_root() {
        std::string name = (std::filesystem::temp_directory_path() / "sonde-host-XXXXXX").string();
        root_ = ::mkdtemp(name.data());
        write("proc/stat", "cpu 100 200 300 400 500 600 700 800\ncpu0 100 200 300 400 500 600 700 800\nctxt 5\n"
                           "btime 1700000000\nprocesses 77\nprocs_running 2\nprocs_blocked 1\n");
        write("proc/meminfo",
              "MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 600 kB\nBuffers: 50 kB\n"
              "Cached: 300 kB\nSReclaimable: 20 kB\nSUnreclaim: 10 kB\nSwapTotal: 64 kB\nSwapFree: 60 kB\n");
        write("proc/vmstat", "pgfault 50\npgmajfault 8\npswpin 1\npswpout 2\noom_kill 3\n");
        write("proc/diskstats", disk_line("sda", 10) + disk_line("sda1", 9) + disk_line("loop0", 1));
        write("sys/block/sda/size", "1");
        write("sys/block/loop0/size", "1");
        write("proc/1/net/dev", interface_line("eth0", 1000) + interface_line("veth3", 5));
        write("proc/1/mountinfo", "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:9 / /tmp rw - tmpfs none rw\n"
                                  "3 1 0:10 / /mnt/nfs rw - nfs4 server:/x rw\n");
        write("proc/loadavg", "0.50 0.25 0.125 2/99 1234\n");
        write("proc/pressure/cpu", "some avg10=0 avg60=0 avg300=0 total=2500000\n");
        write("proc/7/stat", "");
        write("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
        write("etc/hostname", "node-a\n");
        write("etc/os-release", "NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\n");
        write("proc/sys/kernel/random/boot_id", "b00t\n");
    }
    fake_root(const fake_root&) = delete;
    fake_root& operator=(const fake_root&) = delete;
    ~fake_root() { std::filesystem::remove_all(root_); }

    [[nodiscard]] std::string path(const std::string& name) const { return (root_ / name).string(); }
    void write(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories((root_ / name).parent_path());
        std::ofstream(root_ / name) << text;
    }
    void remove(const std::string& name) const { std::filesystem::remove_all(root_ / name); }

    static std::string disk_line(const std::string& name, int sectors) {
        return "8 0 " + name + " 1 2 " + std::to_string(sectors) + " 4000 5 6 7 8 9 10 11\n";
    }
    static std::string interface_line(const std::string& name, int bytes) {
        return name + ": " + std::to_string(bytes) + " 2 3 4 0 0 0 0 9 10 11 12 0 0 0 0\n";
    }

private:
    std::filesystem::path root_;
};

}  // namespace sonde::host_metrics
