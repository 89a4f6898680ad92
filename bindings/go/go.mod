module berth.invalid/berth

go 1.19
