"""The pages of django-celery-beat's schedules, with unfold's widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django_celery_beat import admin as beat
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from bots.admin.ui.base import BaseAdmin, TypedInline

if TYPE_CHECKING:
    from django.forms import Select, TextInput
else:
    from unfold.widgets import UnfoldAdminSelectWidget as Select
    from unfold.widgets import UnfoldAdminTextInputWidget as TextInput

for _replaced in (ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule):
    if admin.site.is_registered(_replaced):
        admin.site.unregister(_replaced)


class TaskSelect(Select, beat.TaskSelectWidget):
    """A drop-down of the registered tasks with unfold's look."""


class PeriodicTaskForm(beat.PeriodicTaskForm):
    """The form of django-celery-beat with unfold's widgets."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = TextInput()
        self.fields["regtask"].widget = TaskSelect()


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(beat.PeriodicTaskAdmin, BaseAdmin[PeriodicTask]):
    """Periodic tasks."""

    form = PeriodicTaskForm
    list_filter = ("enabled", "one_off")
    date_hierarchy = None
    fieldsets: ClassVar[Any] = tuple(
        (title, {"fields": options["fields"]}) for title, options in beat.PeriodicTaskAdmin.fieldsets
    )


class PeriodicTaskInline(TypedInline[PeriodicTask]):
    """The tasks that use a schedule."""

    model = PeriodicTask
    fields = ("name", "task", "args", "kwargs")
    readonly_fields = fields
    can_delete = False
    extra = 0
    show_change_link = True
    verbose_name = beat.PeriodicTaskInline.verbose_name
    verbose_name_plural = verbose_name

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ScheduleAdmin(BaseAdmin[Any]):
    """A schedule and the tasks that use it."""

    inlines = (PeriodicTaskInline,)


@admin.register(ClockedSchedule)
class ClockedScheduleAdmin(ScheduleAdmin):
    """Schedules that run once, at a given time."""

    fields = ("clocked_time",)
    list_display = ("clocked_time",)


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(ScheduleAdmin):
    """Schedules in cron syntax."""

    list_display = ("__str__", "human_readable")
    fields = ("human_readable", "minute", "hour", "day_of_month", "month_of_year", "day_of_week", "timezone")
    readonly_fields = ("human_readable",)
    search_fields = ("minute", "hour")


@admin.register(IntervalSchedule)
class IntervalScheduleAdmin(ScheduleAdmin):
    """Schedules with a fixed interval."""

    list_display = ("__str__", "every", "period")
    list_filter = ("period",)


@admin.register(SolarSchedule)
class SolarScheduleAdmin(ScheduleAdmin):
    """Schedules by sunrise, sunset and other solar events."""

    list_display = ("event", "latitude", "longitude")
    list_filter = ("event",)
