# %% [markdown]
# # Two years of a bicycle rental
# A notebook as people write them: make tables, clean, group, join, estimate, plot. The data are
# made up with a fixed seed; nothing is read or written. Every name has one home, so that tools
# with a rule of one definition per name can run it too.

# %% Imports
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

# %% Weather
rng = np.random.default_rng(2026)
days = pd.date_range("2024-01-01", periods=731, freq="D")
season = np.sin((days.day_of_year.to_numpy() - 105) / 365.25 * 2 * np.pi)
weather = pd.DataFrame(
    {
        "temperature": (11 + 10 * season + rng.normal(0, 3, len(days))).round(1),
        "rain": rng.exponential(4.0, len(days)).round(1) * (rng.random(len(days)) < 0.4),
    },
    index=days,
)
weather.describe()

# %% Rentals
rows = 20_000
appeal = np.exp(weather["temperature"] / 20 - weather["rain"] / 8).to_numpy()
hours = np.array([1, 1, 1, 1, 1, 2, 5, 12, 16, 9, 7, 8, 10, 9, 8, 9, 13, 18, 15, 10, 7, 5, 3, 2])
collected = pd.DataFrame(
    {
        "day": rng.choice(days, rows, p=appeal / appeal.sum()),
        "hour": rng.choice(24, rows, p=hours / hours.sum()),
        "station": rng.choice(["harbour", "market", "museum", "park", "station", "zoo"], rows),
        "minutes": rng.gamma(2.0, 11.0, rows).round(1),
        "member": rng.random(rows) < 0.62,
    }
)
collected.loc[rng.choice(rows, 150, replace=False), "minutes"] = np.nan
collected.head()

# %% Clean
missing = collected["minutes"].isna().sum()
print(f"{missing} rentals without a duration are dropped")
rentals = collected.dropna().query("minutes < 180").sort_values(["day", "hour"])
rentals["price"] = np.where(
    rentals["member"], 0.05 * rentals["minutes"] + 0.5, 0.12 * rentals["minutes"] + 1.0
).round(2)
len(rentals)

# %% By station
by_station = rentals.groupby("station").agg(
    rentals=("price", "size"), income=("price", "sum"), typical=("minutes", "median")
)
by_station.sort_values("income", ascending=False)

# %% By day
daily = rentals.groupby("day").agg(income=("price", "sum"), rentals=("price", "size"))
daily["smooth"] = daily["income"].rolling(28, center=True).mean()
daily.tail()

# %% Income over time
fig_income, ax_income = plt.subplots(figsize=(9, 3.5))
ax_income.plot(daily.index, daily["income"], lw=0.6, alpha=0.6, label="a day")
ax_income.plot(daily.index, daily["smooth"], lw=2, label="28 days")
ax_income.set(xlabel="day", ylabel="income", title="Income")
ax_income.legend()
# %% Join
joined = daily.join(weather, how="inner").dropna()
joined[["rentals", "temperature", "rain"]].corr().round(3)

# %% Bootstrap
temperature = joined["temperature"].to_numpy()
count = joined["rentals"].to_numpy()
slopes = np.empty(2_000)
for draw in range(len(slopes)):
    pick = rng.integers(0, len(count), len(count))
    slopes[draw] = np.polyfit(temperature[pick], count[pick], 1)[0]
low, high = np.quantile(slopes, [0.025, 0.975])
print(f"rentals per degree: {slopes.mean():.3f} ({low:.3f} to {high:.3f})")

# %% The two together
fig_weather, (ax_cloud, ax_slopes) = plt.subplots(1, 2, figsize=(9, 3.5))
ax_cloud.scatter(joined["temperature"], joined["rentals"], s=8, c=joined["rain"], cmap="viridis")
ax_cloud.set(xlabel="temperature", ylabel="rentals")
ax_slopes.hist(slopes, bins=40)
ax_slopes.axvline(low, ls="--")
ax_slopes.axvline(high, ls="--")
ax_slopes.set(xlabel="rentals per degree")
# %% Weekdays and hours
rentals["weekday"] = rentals["day"].dt.day_of_week
week = rentals.pivot_table(index="weekday", columns="hour", values="price", aggfunc="sum")
week.round(0)

# %% A map of the week
fig_week, ax_week = plt.subplots(figsize=(9, 3.5))
image = ax_week.imshow(week, aspect="auto", cmap="magma")
ax_week.set_yticks(range(7), ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
fig_week.colorbar(image, label="income")

# %% Summary
{
    "rentals": len(rentals),
    "income": round(float(rentals["price"].sum()), 2),
    "best station": by_station["income"].idxmax(),
    "per degree": round(float(slopes.mean()), 3),
}
