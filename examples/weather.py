# %% [markdown]
# # Three years at four weather stations
#
# A notebook of the everyday kind: pandas, Matplotlib, a merge, some groups, three figures. The
# readings are made in cell 3 from formulas and a seed, so that the file needs nothing beside it.

# %% Imports
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

# %% Readings
# One line a day and station: mean temperature (°C) and rain (mm). Some readings are missing.
rng = np.random.default_rng(2023)
days = pd.date_range("2021-01-01", "2023-12-31", freq="D")
season = -np.cos(2 * np.pi * (days.day_of_year - 15) / 365.25)
frames = []
for station, (mean, swing, wet) in {
    "Coast": (10.5, 6.0, 0.45),
    "Plain": (9.8, 9.5, 0.33),
    "Hills": (7.4, 8.8, 0.41),
    "Summit": (-1.2, 7.1, 0.52),
}.items():
    warming = np.linspace(0.0, 0.4, len(days))
    temperature = mean + swing * season + warming + rng.normal(0, 2.6, len(days))
    rain = np.where(rng.random(len(days)) < wet, rng.gamma(0.9, 6.5, len(days)), 0.0)
    columns = {"temperature": temperature.round(1), "rain": rain.round(1)}
    frames.append(pd.DataFrame({"date": days, "station": station, **columns}))
readings = pd.concat(frames, ignore_index=True)
readings.loc[rng.choice(len(readings), 60, replace=False), "temperature"] = np.nan
readings.head()

# %% Stations
stations = pd.DataFrame(
    {
        "station": ["Coast", "Plain", "Hills", "Summit"],
        "height": [4, 112, 486, 2120],
        "region": ["north", "north", "south", "south"],
    }
)
stations

# %% How complete is it?
missing = readings["temperature"].isna().groupby(readings["station"]).sum()
print(f"{missing.sum()} of {len(readings)} temperatures are missing")
missing

# %% Clean
# Gaps of a day or two are filled from their neighbours. This changes `readings` for the cells
# below; the cell above still counts the gaps.
readings["temperature"] = readings.groupby("station")["temperature"].transform(
    lambda values: values.interpolate(limit=2)
)
readings["month"] = readings["date"].dt.month
readings["year"] = readings["date"].dt.year

# %% Places
weather = readings.merge(stations, on="station")
weather.groupby("region")[["temperature", "rain"]].mean().round(2)

# %% A year at each station
monthly = weather.pivot_table(index="month", columns="station", values="temperature")
monthly = monthly[stations.sort_values("height")["station"]]
fig, ax = plt.subplots(figsize=(7, 3.4))
monthly.plot(ax=ax, marker="o", markersize=3, linewidth=1.2)
ax.axhline(0, color="0.6", linewidth=0.8)
ax.set(title="Mean temperature", xlabel="month", ylabel="°C", xticks=range(1, 13))
fig.tight_layout()

# %% Lapse rate
# How much colder it gets for every 100 m up, in summer and in winter.
means = weather.assign(
    summer=weather["month"].between(4, 9).map({True: "summer", False: "winter"})
).pivot_table(index="height", columns="summer", values="temperature")
lapse = {half: np.polyfit(means.index, means[half], 1) for half in means}
for half, (slope, _) in lapse.items():
    print(f"{half}: {100 * slope:+.2f} °C per 100 m")

# %% Height and temperature
# `fig` and `ax` again: each cell has its own.
fig, ax = plt.subplots(figsize=(7, 3.4))
for half, (slope, start) in lapse.items():
    ax.scatter(means.index, means[half], label=half)
    ax.plot(means.index, start + slope * means.index, linewidth=0.9)
ax.set(title="Temperature by height", xlabel="m", ylabel="°C")
ax.legend()
fig.tight_layout()

# %% Rain
heavy = 20  # mm a day
rainy = weather[weather["rain"] >= heavy]
table = rainy.pivot_table(
    index="station", columns="year", values="rain", aggfunc="count", fill_value=0
)
print(f"days with at least {heavy} mm")
table

# %% Rain through the year
fig, ax = plt.subplots(figsize=(7, 3.4))
totals = weather.groupby(["station", "month"])["rain"].sum().unstack() / weather["year"].nunique()
image = ax.imshow(totals, aspect="auto", cmap="Blues")
ax.set(title="Rain a month", xticks=range(12), xticklabels=totals.columns, xlabel="month")
ax.set_yticks(range(len(totals)), totals.index)
fig.colorbar(image, label="mm")
fig.tight_layout()

# %% In one table
summary = weather.groupby("station").agg(
    height=("height", "first"),
    coldest=("temperature", "min"),
    warmest=("temperature", "max"),
    rain=("rain", "sum"),
)
summary["rain"] = (summary["rain"] / weather["year"].nunique()).round(0)
summary.sort_values("height")
