# score_by_params.gp: score_by_cost.gp over logarithms of trained parameters.
set logscale x
set format x "%.0s%c"
if (zero > 0) set xtics add ("0" zero) # nothing trained: beside the axis of logarithms
load plots.'/score_by_cost.gp'
